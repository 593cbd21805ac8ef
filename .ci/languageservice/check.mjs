// Reads workflows and actions with the parser of GitHub's own editors, and fails if it has anything to say.
//
// usage: node check.mjs PROJECT FILE...    `$/` and `OWNER/git-spread-cron/` in the files stand for the folder PROJECT
import {register} from 'node:module';
import {readFileSync} from 'node:fs';
import {basename, join} from 'node:path';

// The package imports JSON in a way that node has given up.
const hooks = `export function load(url, context, next) {
  return next(url, url.endsWith('.json') ? {...context, importAttributes: {type: 'json'}} : context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
const {validate} = await import('@actions/languageservice');
const {TextDocument} = await import('vscode-languageserver-textdocument');

const [project, ...files] = process.argv.slice(2);
const isOurs = reference => !('repository' in reference) || reference.repository === 'git-spread-cron';
const read = path => ({name: path, content: readFileSync(join(project, path), 'utf8')});
const config = {
  // Which workflows are called, and with which inputs.
  fileProvider: {
    async getFileContent(reference) {
      if (!isOurs(reference)) {
        throw new Error(`${reference.path} is not known here`);
      }
      return read(reference.path);
    },
  },
};

let said = 0;
for (const file of files) {
  // An action is told by its name.
  const uri = `file:///${basename(file) === 'action.yml' ? 'action.yml' : `.github/workflows/${basename(file)}`}`;
  const text = readFileSync(file, 'utf8').replace(/uses: OWNER\/git-spread-cron\/([^@\n]*)@\S+/g, 'uses: $/$1');
  for (const {range, message} of await validate(TextDocument.create(uri, 'yaml', 0, text), config)) {
    console.log(`${file}:${range.start.line + 1}:${range.start.character + 1}: ${message}`);
    said++;
  }
}
console.log(`GitHub's parser has ${said} complaints about ${files.length} files`);
process.exitCode = said || !files.length ? 1 : 0;
