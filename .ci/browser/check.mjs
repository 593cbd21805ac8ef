// Drives a real browser over a site, as a person would: filter, sort, keyboard, dark, narrow, no script; and asks
// axe-core about accessibility. usage: check.mjs CHROMIUM FOLDER SINGLE_FILE
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [executablePath, folder, single] = process.argv.slice(2);
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const top = pathToFileURL(resolve(folder)).href;
const failures = [];
let checks = 0;

function expect(holds, text) {
  checks += 1;
  if (!holds) failures.push(text);
}

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function open(url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) failures.push(`${url}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => failures.push(`${url}: ${error}`));
  page.on("request", (request) => {
    if (!request.url().startsWith("file:")) failures.push(`${url}: asks for ${request.url()}`);
  });
  await page.goto(url);
  return page;
}

async function accessible(page, name) {
  // The page's own policy lets nothing in; the debugger may.
  const session = await page.context().newCDPSession(page);
  await session.send("Page.setBypassCSP", { enabled: true });
  await page.reload();
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ preload: false }));
  for (const { id, impact, nodes } of violations) {
    if (["serious", "critical"].includes(impact)) failures.push(`${name}: axe: ${id}: ${nodes[0].html.slice(0, 200)}`);
  }
  checks += 1;
}

async function fits(page, name) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider <= 0, `${name}: the page is ${wider} px wider than the window`);
}

const rows = (page) => page.locator("#resources tr[data-name]:visible");

// The index: filter, sort, keyboard.
{
  const page = await open(`${top}/index.html`);
  const all = await rows(page).count();
  expect(all >= 6, `index: ${all} rows`);
  await page.keyboard.press("/");
  await page.keyboard.type("edge");
  expect(await page.evaluate(() => document.activeElement.type) === "search", "index: the key / does not reach the filter");
  const named = await rows(page).count();
  expect(named > 0 && named < all, `index: the filter leaves ${named} of ${all} rows`);
  expect((await page.locator("#shown").textContent()).includes(`of ${all}`), "index: it does not say how many rows are shown");
  await page.locator("input[type=search]").fill("");
  await page.locator("#filter input[value=failed]").uncheck({ force: true });
  const kept = await rows(page).count();
  expect(kept < all, "index: what failed cannot be hidden");
  await page.locator("#filter input[value=failed]").check({ force: true });
  const order = () => rows(page).evaluateAll((found) => found.map((row) => row.dataset.name));
  const home = await order();
  const byName = page.locator("th[data-sort=name] button");
  await byName.focus();
  await page.keyboard.press("Enter");
  const sorted = await order();
  expect(JSON.stringify(sorted) === JSON.stringify([...sorted].sort()), "index: it is not sorted by name");
  expect(await page.locator("th[data-sort=name]").getAttribute("aria-sort") === "ascending", "index: aria-sort");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Enter");
  expect(JSON.stringify(await order()) === JSON.stringify(home), "index: a third click does not bring the groups back");
  const isOld = await page.locator("#polled").count() > 0;
  expect(await page.locator("#stale").isVisible() === isOld, "index: an old poll has to be marked, and nothing else");
  await accessible(page, "index");
}

// Every kind of page: light and dark, narrow and wide.
const resource = "resource/snapd-edge.html";
for (const name of ["index.html", resource, "tasks.html"]) {
  for (const colorScheme of ["light", "dark"]) {
    const page = await open(`${top}/${name}`, { colorScheme });
    await accessible(page, `${name} (${colorScheme})`);
  }
  for (const width of [360, 2560]) {
    const page = await open(`${top}/${name}`, { viewport: { width, height: 800 } });
    await fits(page, `${name} at ${width} px`);
  }
  const plain = await open(`${top}/${name}`, { javaScriptEnabled: false });
  expect(await plain.locator("#main").isVisible(), `${name}: nothing to read without a script`);
  expect(await plain.locator("#filter:visible").count() === 0, `${name}: a filter that cannot work is shown`);
}

// What hostile text did.
{
  const page = await open(`${top}/index.html`);
  expect(await page.locator("text=<script>alert(1)</script>").count() > 0, "index: the hostile value is not shown as text");
  expect(await page.evaluate(() => globalThis.pwned) === undefined, "index: a value was executed");
  await page.locator("#resources tr[data-name='snapd-edge'] th a").click();
  expect(page.url().endsWith(resource), `index: the link of a row leads to ${page.url()}`);
  expect(await page.locator("text=What changed between the last green and the first red").isVisible(), "resource: no card");
}

// One file alone: its policy allows its own script.
{
  const page = await open(pathToFileURL(resolve(single)).href);
  await page.locator("input[type=search]").fill("edge");
  expect(await rows(page).count() > 0, "single file: the filter does not work");
  await accessible(page, "single file");
}

await browser.close();
for (const failure of new Set(failures)) console.error(failure);
console.log(`${checks} checks of the site in a browser, ${failures.length} failures`);
process.exitCode = failures.length ? 1 : 0;
