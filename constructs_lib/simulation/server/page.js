"use strict";
const PARTS = { inbound: "Inbound", backend: "Backend", site: "At the function app", outbound: "Outbound", "on-error": "On error" };
const list = document.getElementById("calls");
const shown = document.getElementById("call");
const state = document.getElementById("state");
let last = 0;
let chosen = null;

function make(tag, text, kind) {
  const node = document.createElement(tag);
  if (text !== undefined) node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

function status(call) {
  return make("span", String(call.status), "status " + (call.status < 400 ? "good" : "bad"));
}

// A request or an answer as it goes over the wire, anything else as JSON.
function text(value) {
  if (typeof value === "string") return value;
  if (!value || !Array.isArray(value.headers)) return JSON.stringify(value, null, 2);
  const { method, url, status, headers, ...more } = value;
  const first = [method, url, status && [status.code, status.reason].join(" ")].filter(Boolean).join(" ");
  const rest = Object.keys(more).length ? JSON.stringify(more, null, 2) : "";
  return [first, ...headers.map((each) => each.name + ": " + each.value), rest].filter(Boolean).join("\n");
}

function details(title, value) {
  const node = make("details");
  node.append(make("summary", title), make("pre", text(value)));
  return node;
}

function message(title, found) {
  const part = [make("h3", title)];
  const first = found.method ? found.method + " " + found.target + "\n" : "";
  const headers = found.headers.map(([name, value]) => name + ": " + value).join("\n");
  part.push(make("pre", first + headers + (found.body ? "\n\n" + found.body : "")));
  return part;
}

function show(call) {
  chosen = call.number;
  for (const button of list.querySelectorAll("button")) {
    if (Number(button.dataset.number) === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  const title = make("h2", call.method + " https://" + call.host + call.target + " ");
  title.append(status(call));
  shown.replaceChildren(title);
  let part = null;
  let steps = null;
  for (const line of call.lines) {
    if (line.section !== part) {
      part = line.section;
      steps = make("ol");
      shown.append(make("h3", PARTS[part] || part), steps);
    }
    const step = make("li", undefined, "step");
    step.append(make("b", line.source), document.createTextNode(" " + line.message + " "));
    if (line.place) step.append(make("small", line.place));
    for (const [name, value] of Object.entries(line.details)) if (value !== null) step.append(details(name, value));
    steps.append(step);
  }
  if (call.assumed.length) shown.append(make("p", "Only assumed of Azure: " + call.assumed.join("; ")));
  if (call.received) shown.append(...message("What the function received", call.received));
  shown.append(...message("What the caller got", call.answered));
}

async function look() {
  try {
    const answer = await fetch("calls?after=" + last);
    for (const call of await answer.json()) {
      last = call.number;
      const item = make("li");
      const button = make("button");
      button.dataset.number = call.number;
      button.append(status(call), document.createTextNode(" " + call.method + " " + call.target), make("small", call.time + " " + call.host + ", " + Math.round(call.milliseconds) + "\u00a0ms"));
      button.addEventListener("click", () => show(call));
      item.append(button);
      list.prepend(item);
      if (chosen === null || chosen === call.number - 1) show(call);
      while (list.children.length > 200) list.lastChild.remove();
    }
    if (last) state.textContent = last === 1 ? "1 call" : last + " calls";
  } catch {
    state.textContent = "The simulation does not answer any more.";
  }
  setTimeout(look, 1000);
}
look();
