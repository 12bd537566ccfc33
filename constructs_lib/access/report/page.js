"use strict";
// The page works without this: doors are links to their answers. It adds filtering, marks the door
// that is selected, lets arrow keys walk the table and Escape close an answer, and prints everything.

const all = (selector) => [...document.querySelectorAll(selector)];
const targets = all("details.target");
let door = null;

function selected() {
  const found = document.getElementById(location.hash.slice(1));
  return found?.matches(".answer") ? found : null;
}

function mark() {
  for (const link of all("[aria-current]")) link.removeAttribute("aria-current");
  const answer = selected();
  if (!answer) return;
  const links = all(`a[href="#${answer.id}"]`);
  for (const link of links) link.setAttribute("aria-current", "true");
  if (!links.includes(door)) door = links.at(-1) ?? null;
  const section = answer.closest("details");
  if (section) section.hidden = false;
  if (section && !section.open) section.open = true;
  door?.scrollIntoView({ block: "nearest" });
  answer.focus({ preventScroll: true });
}

function close() {
  const answer = selected();
  if (!answer) return;
  const back = door;
  // Navigation by script is what takes `:target` away; replace() leaves no step in the history.
  location.replace("#");
  back?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (link?.matches(".cell, .lane")) door = link;
  if (link?.matches(".close")) {
    event.preventDefault();
    const place = scrollY;
    close();
    scrollTo(0, place);
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && selected()) {
    const place = scrollY;
    close();
    scrollTo(0, place);
  }
  const cell = event.target.closest?.("td");
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  if (!cell || !(event.key in step)) return;
  const [down, right] = step[event.key];
  const rows = all(".matrix tr[data-name]:not([hidden])");
  const row = rows[rows.indexOf(cell.parentElement) + down];
  const next = row?.cells[cell.cellIndex + right]?.querySelector("a.cell");
  if (next) {
    event.preventDefault();
    next.focus();
  }
});

const filter = document.querySelector(".filter");
if (filter) {
  const [words, problems] = filter.querySelectorAll("input");
  const unfolded = new Set();
  const apply = () => {
    const typed = words.value.trim().toLowerCase();
    const wanted = typed.split(/\s+/);
    let shown = 0;
    for (const each of all("[data-name]")) {
      const { name, standing, like } = each.dataset;
      const fits = wanted.every((word) => name.includes(word));
      const out = !fits || (problems.checked && standing === "right");
      each.hidden = out || (Boolean(like) && !typed && !unfolded.has(like));
      if (each.matches("details") && !out) shown += 1;
    }
    for (const more of all(".more")) {
      more.setAttribute("aria-expanded", String(unfolded.has(more.dataset.of)));
    }
    filter.querySelector("output").value = `${shown} of ${targets.length}`;
  };
  filter.addEventListener("input", apply);
  document.addEventListener("click", (event) => {
    const of = event.target.closest(".more")?.dataset.of;
    if (!of) return;
    if (!unfolded.delete(of)) unfolded.add(of);
    apply();
  });
  filter.addEventListener("submit", (event) => event.preventDefault());
  filter.hidden = false;
  apply();
}

let folded = [];
addEventListener("beforeprint", () => {
  folded = targets.filter((target) => !target.open);
  for (const target of folded) target.open = true;
});
addEventListener("afterprint", () => {
  for (const target of folded) target.open = false;
});

addEventListener("hashchange", mark);
mark();
