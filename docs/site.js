// What scrolls sideways is reached and moved with the keyboard too (WCAG 2.2, 2.1.1).
const SCROLLING = {
  ".md-typeset__scrollwrap": "Table, scrolls sideways",
  ".md-typeset pre > code": "Code, scrolls sideways",
  '.md-typeset p:has(> img[src*="pictures/"])': "Picture, scrolls sideways",
};
// What the theme leaves without a name, or makes a landmark of its own for each block of code.
const NAMED = {
  ".md-search": { "aria-label": "Search" },
  ".md-code__nav": { role: "none" },
};

function setAll(element, attributes, wanted = true) {
  for (const [name, value] of Object.entries(attributes)) {
    if (wanted) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
}

function markUp() {
  for (const [selector, label] of Object.entries(SCROLLING)) {
    for (const each of document.querySelectorAll(selector)) {
      const marks = { tabindex: "0", role: "group", "aria-label": label };
      setAll(each, marks, each.scrollWidth > each.clientWidth);
    }
  }
  for (const [selector, attributes] of Object.entries(NAMED)) {
    for (const each of document.querySelectorAll(selector)) setAll(each, attributes);
  }
}

// The theme wraps tables when a page has been read, and tells so.
document$.subscribe(markUp);
for (const event of ["load", "resize"]) addEventListener(event, markUp);
