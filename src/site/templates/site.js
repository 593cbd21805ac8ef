(function () {
  "use strict";
  var polled = document.getElementById("polled");
  if (polled && Date.now() - Date.parse(polled.dateTime) > 86400000) document.getElementById("stale").hidden = false;
  var form = document.getElementById("filter"), table = document.getElementById("resources");
  if (!form || !table) return;
  var rows = Array.prototype.slice.call(table.querySelectorAll("tr[data-name]"));
  var bodies = Array.prototype.slice.call(table.tBodies), homes = rows.map(function (row) { return row.parentNode; });
  var search = form.querySelector("input[type=search]"), shown = document.getElementById("shown");
  function filter() {
    var wanted = {}, text = search.value.trim().toLowerCase(), count = 0;
    form.querySelectorAll("input[type=checkbox]").forEach(function (box) { wanted[box.value] = box.checked; });
    rows.forEach(function (row) {
      var words = (row.dataset.name + " " + row.cells[2].textContent).toLowerCase();
      row.hidden = wanted[row.dataset.mark] === false || words.indexOf(text) < 0;
      if (!row.hidden) count += 1;
    });
    bodies.concat(sorted ? [sorted] : []).forEach(function (body) {
      body.hidden = !body.querySelector("tr[data-name]:not([hidden])");
    });
    shown.textContent = count === rows.length ? "" : count + " of " + rows.length + " shown";
  }
  var sorted = null, headers = Array.prototype.slice.call(table.querySelectorAll("th[data-sort]"));
  var keys = {
    name: function (row) { return row.dataset.name; },
    time: function (row) { return -Number(row.dataset.time); },
    mark: function (row) { return Number(row.dataset.rank); }
  };
  function sort(header) {
    var was = header.getAttribute("aria-sort");
    headers.forEach(function (other) { other.removeAttribute("aria-sort"); });
    if (was === "descending") {
      rows.forEach(function (row, index) { homes[index].appendChild(row); });
      filter();
      return;
    }
    var sign = was === "ascending" ? -1 : 1, key = keys[header.dataset.sort];
    header.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    if (!sorted) sorted = table.createTBody();
    rows.slice().sort(function (one, two) {
      var a = key(one), b = key(two);
      return a < b ? -sign : a > b ? sign : 0;
    }).forEach(function (row) { sorted.appendChild(row); });
    filter();
  }
  headers.forEach(function (header) {
    var button = document.createElement("button");
    button.type = "button";
    while (header.firstChild) button.appendChild(header.firstChild);
    if (header.dataset.sort === "mark") button.appendChild(document.createTextNode("!"));
    header.appendChild(button);
    button.addEventListener("click", function () { sort(header); });
  });
  form.addEventListener("input", filter);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); search.focus(); }
  });
  form.hidden = false;
}());
