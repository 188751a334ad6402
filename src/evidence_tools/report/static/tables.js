// Sort and filter tables that are whole without it. Own code, because the libraries at hand either
// build tables from data in script or load from elsewhere, and this site must work without script.
"use strict";
for (const table of document.querySelectorAll("table.data")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const key = (row, index) => {
    const cell = row.cells[index];
    return cell ? (cell.dataset.sort || cell.textContent).trim() : "";
  };
  [...table.tHead.rows[0].cells].forEach((head, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const order = (a, b) => key(a, index).localeCompare(key(b, index), "en", { numeric: true });
      rows.sort((a, b) => (up ? order(a, b) : order(b, a)));
      body.append(...rows);
    });
  });
  if (!table.dataset.filter) continue;
  const tools = document.createElement("div");
  tools.className = "tools";
  const add = (text, field) => {
    const label = document.createElement("label");
    label.append(text, field);
    tools.append(label);
    field.addEventListener("input", apply);
    return field;
  };
  const find = add(table.dataset.filter, document.createElement("input"));
  find.type = "search";
  const choices = (table.dataset.choices || "").split(" ").filter(Boolean).map((name) => {
    const field = document.createElement("select");
    field.append(new Option("any", ""));
    const values = [...new Set(rows.map((row) => row.dataset[name]))].filter(Boolean).sort();
    for (const value of values) field.append(new Option(value, value));
    return [name, add(name, field)];
  });
  const count = document.createElement("output");
  tools.append(count);
  function apply() {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word)) &&
        choices.every(([name, field]) => !field.value || row.dataset[name] === field.value);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    count.textContent = `${shown} of ${rows.length} shown`;
  }
  const place = table.parentElement.classList.contains("scroll") ? table.parentElement : table;
  place.before(tools);
  apply();
}
