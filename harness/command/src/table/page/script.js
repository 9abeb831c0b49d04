"use strict";

// The filters of the table. Without this script the table shows everything.
// The chosen filters are stored in the page's address, so that a filtered view can be shared.
const filters = document.querySelector("#filters");
const table = document.querySelector("#grid");
const count = document.querySelector("#count");

if (filters && table) {
  const fields = [...filters.elements].filter((field) => field.name);
  const lines = [...table.tBodies[0].rows].map((row) => ({
    row,
    name: row.cells[0].textContent.toLowerCase(),
    needs: row.dataset.needs.split(" "),
    cells: [...row.cells].slice(1),
  }));
  const headings = [...table.tHead.rows[0].cells].slice(1);

  const apply = () => {
    const chosen = Object.fromEntries(
      fields.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value]),
    );
    const shows = (index) => !chosen.target || headings[index].dataset.target === chosen.target;
    headings.forEach((heading, index) => (heading.hidden = !shows(index)));
    let shown = 0;
    for (const { row, name, needs, cells } of lines) {
      cells.forEach((cell, index) => (cell.hidden = !shows(index)));
      const visible = cells.filter((cell, index) => shows(index));
      const some = (key, value) => visible.some((cell) => cell.dataset[key] === value);
      row.hidden = !(
        name.includes(chosen.name.toLowerCase()) &&
        (!chosen.needs || needs.includes(chosen.needs)) &&
        (!chosen.verdict || some("verdict", chosen.verdict)) &&
        (!chosen.differs || (chosen.target ? some("deviates", "") : "differs" in row.dataset)) &&
        (!chosen.changed || visible.some((cell) => "change" in cell.dataset))
      );
      shown += row.hidden ? 0 : 1;
    }
    count.textContent = `${shown} of ${lines.length} scenarios`;
  };

  const read = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = given.get(field.name) ?? "";
      if (field.type === "checkbox") field.checked = value !== "";
      else field.value = value;
      // A value from the address that this page does not offer selects nothing, so reset the field.
      if (field.selectedIndex === -1) field.value = "";
    }
    apply();
  };

  const store = () => {
    const given = new URLSearchParams();
    for (const field of fields) {
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value) given.set(field.name, value);
    }
    history.replaceState(null, "", `#${given}`);
    apply();
  };

  // The arrow keys move the focus from cell to cell.
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const move = (event) => {
    const cell = event.target.closest("td");
    const step = steps[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const rows = lines.filter(({ row }) => !row.hidden);
    const line = rows.findIndex(({ row }) => row === cell.parentElement);
    for (let [y, x] = [line + step[0], cell.cellIndex - 1 + step[1]]; ; y += step[0], x += step[1]) {
      const next = rows[y]?.cells[x];
      if (!next) return;
      const button = next.hidden ? null : next.querySelector("button");
      if (button) return button.focus();
    }
  };

  filters.addEventListener("input", store);
  table.addEventListener("keydown", move);
  addEventListener("hashchange", read);
  filters.hidden = false;
  read();
}
