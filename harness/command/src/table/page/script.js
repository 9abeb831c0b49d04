"use strict";

// Filters, keys and details. Without this script the page shows every cell, and the details of all
// cells in its last section.
const data = JSON.parse(document.querySelector("#data").textContent);
const find = (selector) => document.querySelector(selector);
// The value for a column, in a list that has one entry where all columns are equal.
const at = (list, column) => list[list.length === 1 ? 0 : column];

class Board {
  constructor(id) {
    this.id = id;
    this.table = find(`#${id}`);
    this.lines = data.boards[id];
    this.sections = [...this.table.tBodies].map((body) => ({ heading: body.rows[0], rows: [...body.rows].slice(1) }));
    this.rows = this.sections.flatMap((section) => section.rows);
    this.status = this.table.closest("section").querySelector(".status");
    this.shown = data.columns.map(() => true);
    this.current = null;
    for (const row of this.rows) row.cells[0].firstElementChild.tabIndex = -1;
    this.table.setAttribute("role", "grid");
    this.table.parentElement.tabIndex = -1;
    this.table.addEventListener("click", (event) => this.click(event));
    this.table.addEventListener("keydown", (event) => this.key(event));
    this.table.addEventListener("mouseover", (event) => this.tell(event.target.closest("tbody td")));
    this.table.addEventListener("focusin", (event) => this.tell(event.target.closest("tbody td")));
    this.rest();
  }

  // The line and column of a cell, or null for an empty cell.
  place(cell) {
    if (!cell || !cell.firstChild || cell.cellIndex === 0) return null;
    const line = this.rows.indexOf(cell.parentElement);
    return line === -1 ? null : { line, column: cell.cellIndex - 1 };
  }

  cell(line, column) {
    return this.rows[line].cells[column + 1];
  }

  isVisible(line, column) {
    return !this.rows[line].hidden && !this.rows[line].parentElement.classList.contains("folded") && this.shown[column] && this.cell(line, column).firstChild !== null;
  }

  words(line, column) {
    const place = data.columns[column];
    return { what: data.words[at(this.lines[line].words, column)], name: this.lines[line].name, where: `${place.number} ${place.name}` };
  }

  tell(cell) {
    const place = this.place(cell);
    if (!place || !this.status) return;
    const { what, name, where } = this.words(place.line, place.column);
    this.status.textContent = `${where} · ${name} · ${what}`;
  }

  // Gives the tab stop of the table to one cell.
  stop(cell) {
    if (this.current) this.current.removeAttribute("tabindex");
    this.current = cell;
    if (cell) cell.tabIndex = 0;
  }

  // Gives the tab stop to the first visible cell, unless the cell that has it is visible.
  rest() {
    const known = this.place(this.current);
    if (known && this.isVisible(known.line, known.column)) return;
    for (let line = 0; line < this.rows.length; line++) {
      const column = this.rows[line].hidden ? -1 : this.shown.findIndex((_, column) => this.isVisible(line, column));
      if (column !== -1) return this.stop(this.cell(line, column));
    }
    this.stop(null);
  }

  focus(line, column) {
    const cell = this.cell(line, column);
    const { what, name, where } = this.words(line, column);
    cell.setAttribute("aria-label", `${what}, ${name}, ${where}`);
    this.stop(cell);
    cell.focus();
  }

  click(event) {
    const link = event.target.closest("th a");
    if (link) return;
    const place = this.place(event.target.closest("tbody td"));
    if (place) open(this, place.line, place.column);
  }

  key(event) {
    const place = this.place(event.target.closest("tbody td"));
    if (!place || event.ctrlKey && event.key !== "Home" && event.key !== "End" || event.altKey || event.metaKey) return;
    const { line, column } = place;
    const [lines, columns] = [this.rows.length, data.columns.length];
    // Moves the focus in a direction to the next visible cell for which the test returns true.
    const walk = (y, x, test = () => true) => {
      for (let [l, c] = [line + y, column + x]; l >= 0 && l < lines && c >= 0 && c < columns; l += y, c += x) {
        if (this.isVisible(l, c) && test(l, c)) return this.focus(l, c);
      }
    };
    // Moves the focus to the first visible cell of the given cells.
    const first = (cells) => {
      for (const [l, c] of cells) if (this.isVisible(l, c)) return this.focus(l, c);
    };
    const all = this.lines.flatMap((entry, l) => (entry.bad ?? []).map((c) => [l, c]));
    const isAfter = ([l, c]) => l > line || (l === line && c > column);
    const isBefore = ([l, c]) => l < line || (l === line && c < column);
    const row = (l) => data.columns.map((_, c) => [l, c]);
    const whole = () => this.rows.flatMap((_, l) => row(l));
    const actions = {
      ArrowUp: () => walk(-1, 0),
      ArrowDown: () => walk(1, 0),
      ArrowLeft: () => walk(0, -1),
      ArrowRight: () => walk(0, 1),
      Home: () => first(event.ctrlKey ? whole() : row(line)),
      End: () => first(event.ctrlKey ? whole().reverse() : row(line).reverse()),
      n: () => first(all.filter(isAfter)),
      p: () => first(all.filter(isBefore).reverse()),
      Enter: () => open(this, line, column),
      " ": () => open(this, line, column),
    };
    if (!(event.key in actions)) return;
    event.preventDefault();
    actions[event.key]();
  }

  // Shows only some columns.
  show(shown) {
    if (shown.every((is, column) => is === this.shown[column])) return;
    this.shown = shown;
    // One selector for each run of hidden columns, because the browser tests every cell against
    // every selector.
    const hidden = [];
    for (let first = 0; first < shown.length; first++) {
      if (shown[first]) continue;
      let last = first;
      while (last + 1 < shown.length && !shown[last + 1]) last++;
      hidden.push(`#${this.id} tr > :nth-child(n + ${first + 2}):nth-child(-n + ${last + 2}):not([colspan])`);
      first = last;
    }
    hide(this.id, hidden);
    let column = 0;
    for (const family of [...this.table.tHead.rows[0].cells].slice(1)) {
      family.dataset.span ??= family.colSpan;
      const span = Number(family.dataset.span);
      const count = shown.slice(column, column + span).filter((is) => is).length;
      family.hidden = count === 0;
      if (count > 0) family.colSpan = count;
      family.style.setProperty("--span", count);
      column += span;
    }
    // A column that stands for others says how many.
    [...this.table.tHead.rows[2].cells].slice(1).forEach((heading, column) => {
      const label = heading.firstElementChild;
      label.dataset.label ??= label.textContent;
      const more = data.columns.filter(({ like }, other) => like === column && !shown[other]).length;
      label.textContent = label.dataset.label + (more && shown[column] ? ` +${more}` : "");
    });
    const all = shown.filter((is) => is).length + 1;
    for (const { heading } of this.sections) heading.cells[0].colSpan = all;
  }
}

// Hides the elements of these selectors. The page's policy allows no new style element, but rules
// of the page's own style sheet may change.
const sheet = document.styleSheets[0];
const rules = new Map();
const hide = (id, selectors) => {
  const text = selectors.length ? `${selectors.join(",\n")} { display: none }` : `#${id}-none { display: none }`;
  if (rules.has(id)) sheet.deleteRule(rules.get(id));
  else rules.set(id, sheet.cssRules.length);
  sheet.insertRule(text, rules.get(id));
};

const boards = ["grid", "capabilities"].filter((id) => find(`#${id}`)).map((id) => new Board(id));
const grid = boards.find((board) => board.id === "grid");

// The details of one cell.
const dialog = find("#case");
const element = (name, text, parent) => {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  parent?.append(made);
  return made;
};

const open = (board, line, column) => {
  const entry = board.lines[line];
  const group = at(entry.groups ?? [0], column);
  const source = find(`#${board.id}-${line}-${group}`);
  const { what, name, where } = board.words(line, column);
  const head = element("div");
  head.className = "head";
  element("h2", `${name} on ${where}`, head).id = "case-name";
  const close = element("button", "Close", head);
  close.type = "button";
  close.autofocus = true;
  close.addEventListener("click", () => dialog.close());
  const list = source.querySelector("dl").cloneNode(true);
  const add = (term, text, tag = "dd") => {
    element("dt", term, list);
    const value = element("dd", undefined, list);
    element(tag === "dd" ? "span" : tag, text, value);
    return value;
  };
  list.querySelector(".own")?.remove();
  const cost = entry.costs?.[column];
  if (cost) {
    const [wall, cpu, memory] = cost;
    const parts = [
      wall === null ? "" : `${wall.toFixed(1)} ms wall time`,
      cpu === null ? "" : `${cpu.toFixed(1)} ms processor time`,
      memory === null ? "" : `${(memory / 1024).toFixed(1)} MiB memory`,
    ].filter((part) => part);
    if (parts.length) add("Cost", parts.join(", "));
  }
  const template = data.columns[column].rerun;
  const rerun = entry.reruns?.[column] ?? (cost && template ? template.join(name) : "");
  if (rerun) add("Rerun", rerun, "code");
  const badge = source.querySelector("h3 .badge").cloneNode(true);
  const verdict = element("p", undefined);
  verdict.append(badge);
  dialog.replaceChildren(head, verdict, list, others(board, line, column));
  const given = new URLSearchParams({ case: name, target: data.columns[column].name });
  if (board !== grid) given.set("table", board.id);
  history.replaceState(null, "", `#${given}`);
  board.stop(board.cell(line, column));
  if (!dialog.open) dialog.showModal();
  close.focus();
};

// What the other targets got, folded.
const others = (board, line, column) => {
  const entry = board.lines[line];
  const fold = element("details");
  const found = new Map();
  data.columns.forEach((_, other) => {
    if (other === column || !board.cell(line, other).firstChild) return;
    const { what, where } = board.words(line, other);
    found.set(what, [...(found.get(what) ?? []), where]);
  });
  const words = [...found].map(([what, where]) => `${where.length} ${what}`);
  element("summary", words.length ? `Other targets: ${words.join("; ")}` : "No other target has it", fold);
  const list = element("dl", undefined, fold);
  for (const [what, where] of found) {
    element("dt", what, list);
    element("dd", where.join(", "), list);
  }
  return fold;
};

dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  store();
  boards.find((board) => board.current && board.table.contains(board.current))?.current?.focus();
});

// The filters. The page's address stores the chosen filters, so that a filtered view can be shared.
const filters = find("#filters");
const fields = filters ? [...filters.elements].filter((field) => field.name) : [];
const isNarrow = matchMedia("(max-width: 40rem)").matches;

// Lines that passed everywhere are folded if other lines need attention, unless a filter is chosen.
const last = grid?.sections.at(-1);
const fold = grid && find("#refused") && "plain" in last.heading.parentElement.dataset && {
  body: last.heading.parentElement,
  button: element("button", "", last.heading.cells[0].firstElementChild),
  wanted: true,
  set(filtered) {
    const folded = this.wanted && !filtered;
    this.body.classList.toggle("folded", folded);
    this.button.textContent = folded ? "show" : "hide";
    this.button.setAttribute("aria-expanded", String(!folded));
  },
};
if (fold) {
  fold.button.type = "button";
  fold.button.addEventListener("click", () => {
    fold.wanted = !fold.body.classList.contains("folded");
    fold.set(false);
  });
}

const apply = () => {
  const chosen = Object.fromEntries(
    fields.map((field) => [field.name, field.type === "checkbox" ? field.checked : field.value.trim()]),
  );
  const wanted = (chosen.targets ?? "").toLowerCase().split(",").map((part) => part.trim()).filter((part) => part);
  const isBad = new Set(grid.lines.flatMap((entry) => entry.bad ?? []));
  const shown = data.columns.map(({ name, like }, column) => {
    const lower = name.toLowerCase();
    // A whole name selects this target, although other names may contain it.
    const exact = wanted.filter((part) => data.columns.some((other) => other.name.toLowerCase() === part));
    const matches = wanted.some((part) => (exact.includes(part) ? lower === part : lower.includes(part)));
    return (
      (wanted.length === 0 ? chosen.builds || like === undefined || !fields.some(({ name }) => name === "builds") : matches) &&
      (!chosen.bad || isBad.has(column))
    );
  });
  for (const board of boards) board.show(shown);
  const columns = shown.flatMap((is, column) => (is ? [column] : []));
  const verdict = data.verdicts.indexOf(chosen.verdict);
  const name = (chosen.name ?? "").toLowerCase();
  const some = (list) => (list ?? []).some((column) => shown[column]);
  let count = 0;
  grid.lines.forEach((entry, line) => {
    const visible =
      entry.name.toLowerCase().includes(name) &&
      (!chosen.topic || entry.topic === chosen.topic) &&
      (!chosen.needs || entry.needs?.includes(chosen.needs)) &&
      (!chosen.verdict || (entry.verdicts.length === 1 ? entry.verdicts[0] === verdict && columns.length > 0 : columns.some((column) => entry.verdicts[column] === verdict))) &&
      (!chosen.differs || some(entry.deviating) || (wanted.length === 0 && entry.deviating !== undefined)) &&
      (!chosen.changed || some(entry.changed));
    grid.rows[line].hidden = !visible;
    count += visible ? 1 : 0;
  });
  for (const { heading, rows } of grid.sections) heading.hidden = rows.every((row) => row.hidden);
  find("#count").textContent = `${count} of ${grid.lines.length} scenarios, ${columns.length} of ${data.columns.length} targets`;
  if (fold) fold.set(Boolean(name || chosen.topic || chosen.needs || chosen.verdict || chosen.differs || chosen.changed));
  for (const board of boards) board.rest();
};

const read = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  const cell = given.get("case");
  if (cell !== null) {
    const board = boards.find(({ id }) => id === (given.get("table") ?? "grid"));
    const line = board ? board.lines.findIndex(({ name }) => name === cell) : -1;
    const column = data.columns.findIndex(({ name }) => name === given.get("target"));
    if (line !== -1 && column !== -1 && board.cell(line, column).firstChild) {
      if (grid) apply();
      board.cell(line, column).scrollIntoView({ block: "center", inline: "center" });
      return open(board, line, column);
    }
  }
  if (dialog.open) dialog.close();
  if (!grid) return;
  // An address without a key, such as `#grid-3`, names an element of the page.
  if (location.hash.length > 1 && !location.hash.includes("=")) return;
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
};

if (grid) {
  filters.addEventListener("input", () => {
    store();
    apply();
  });
  filters.hidden = false;
  // On a narrow screen the targets with a failure come first.
  const bad = fields.find(({ name }) => name === "bad");
  if (isNarrow && bad && location.hash.length <= 1) {
    bad.checked = true;
    apply();
  } else {
    read();
  }
}
addEventListener("hashchange", read);

for (const link of document.querySelectorAll("a[data-cell]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const [line, column] = link.dataset.cell.split(" ").map(Number);
    open(grid, line, column);
  });
}
