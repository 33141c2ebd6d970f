// The search box: `/` comes here, arrows choose among the suggestions, Enter opens the chosen one or looks for all, Escape leaves.
(() => {
  "use strict";
  const box = document.getElementById("search");
  const list = document.getElementById("suggestions");
  if (!box || !list) return;
  const options = () => [...list.querySelectorAll("[role=option]")];
  const chosen = () => list.querySelector("[aria-selected=true]");

  function choose(option) {
    options().forEach((each) => each.setAttribute("aria-selected", String(each === option)));
    if (option) { box.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
    else box.removeAttribute("aria-activedescendant");
  }

  function clear() {
    list.replaceChildren();
    choose(null);
    box.setAttribute("aria-expanded", "false");
  }

  const isTyping = (element) => element.isContentEditable || element.closest("input, textarea, select, dialog");

  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    box.focus();
    box.select();
  });

  box.addEventListener("keydown", (event) => {
    const all = options();
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && all.length) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = all.indexOf(chosen());
      choose(all[from < 0 ? (step > 0 ? 0 : all.length - 1) : (from + step + all.length) % all.length]);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      location.assign(chosen().href);
    } else if (event.key === "Escape") {
      clear();
      box.blur();
    }
  });

  // Nothing is asked for an empty box, and an answer that comes late for one is not shown.
  box.addEventListener("htmx:configRequest", (event) => { if (!box.value.trim()) { event.preventDefault(); clear(); } });
  list.addEventListener("htmx:beforeSwap", (event) => { if (!box.value.trim()) event.detail.shouldSwap = false; });
  list.addEventListener("htmx:afterSwap", () => box.setAttribute("aria-expanded", String(options().length > 0)));
})();
