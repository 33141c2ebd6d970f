// What every page shares. Other scripts may use window.Fairdial: set(element, text), flash(element), toast(text, kind).
(() => {
  "use strict";
  const words = document.documentElement.dataset;

  function flash(element) {
    element.classList.remove("flash");
    void element.offsetWidth; // restart the animation
    element.classList.add("flash");
    setTimeout(() => element.classList.remove("flash"), 450);
  }

  function set(element, text) {
    if (!element || element.textContent === String(text)) return;
    element.textContent = text;
    flash(element);
  }

  function toast(text, kind = "success") {
    const item = document.createElement("div");
    item.className = `toast ${kind}`;
    const sentence = document.createElement("p");
    sentence.textContent = text;
    item.append(sentence);
    document.getElementById("toasts").append(item);
    settle(item);
  }

  // A message stays 6 s; an error stays until it is dismissed.
  function settle(item) {
    if (item.dataset.settled) return;
    item.dataset.settled = "1";
    const close = document.createElement("button");
    close.type = "button";
    close.textContent = "×";
    close.setAttribute("aria-label", words.wordClose || "Close");
    close.addEventListener("click", () => item.remove());
    item.append(close);
    if (!item.classList.contains("error")) setTimeout(() => item.remove(), 6000);
  }

  function dress(root) {
    root.querySelectorAll("[data-share]").forEach((part) => {
      part.style.width = `${Math.max(0, Math.min(100, Number(part.dataset.share)))}%`;
    });
    root.querySelectorAll(".toast").forEach(settle);
  }

  // Figures that changed with a swap flash once. Keys, not elements: a swap replaces the elements.
  const figures = () => new Map([...document.querySelectorAll("[data-flash]")].map((e) => [e.dataset.flash, e.textContent.trim()]));
  let before = new Map();
  document.addEventListener("htmx:beforeSwap", () => { before = figures(); });
  document.addEventListener("htmx:afterSwap", () => {
    dress(document);
    document.querySelectorAll("[data-flash]").forEach((element) => {
      const old = before.get(element.dataset.flash);
      if (old !== undefined && old !== element.textContent.trim()) flash(element);
    });
  });
  document.addEventListener("htmx:oobAfterSwap", () => dress(document));

  // A hidden page asks for nothing; it catches up with its next poll.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const cause = event.detail.requestConfig.triggeringEvent;
    if (document.hidden && cause && cause.type === "hx:poll:trigger") event.preventDefault();
  });
  const offline = (shown) => { const bar = document.getElementById("offline"); if (bar) bar.hidden = !shown; };
  document.addEventListener("htmx:sendError", () => offline(true));
  document.addEventListener("htmx:timeout", () => offline(true));
  document.addEventListener("htmx:afterOnLoad", () => offline(false));
  document.addEventListener("htmx:responseError", (event) => {
    const cause = event.detail.requestConfig.triggeringEvent;
    if (cause && cause.type === "submit") toast(words.wordFailed, "error"); else offline(event.detail.xhr.status >= 500);
  });

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-rail-toggle]");
    if (toggle) {
      const next = words.rail === "narrow" ? "wide" : "narrow";
      document.documentElement.dataset.rail = next;
      localStorage.setItem("fairdial.rail", next);
      toggle.setAttribute("aria-expanded", String(next === "wide"));
    }
    document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
    const opener = event.target.closest("[data-opens]");
    if (opener) document.getElementById(opener.dataset.opens).showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog").close();
    const row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary, form")) location.assign(row.dataset.href);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
  });

  // A control with data-submits sends its form when it changes.
  document.addEventListener("change", (event) => { if (event.target.matches("[data-submits]")) event.target.form.requestSubmit(); });

  // A secret is chosen as a whole, to be copied.
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-selects]")) event.target.select(); });

  // Drop a file on a .drop area as if it were chosen.
  document.addEventListener("dragover", (event) => {
    const area = event.target.closest(".drop");
    if (area) { event.preventDefault(); area.classList.add("over"); }
  });
  document.addEventListener("dragleave", (event) => { const area = event.target.closest(".drop"); if (area) area.classList.remove("over"); });
  document.addEventListener("drop", (event) => {
    const area = event.target.closest(".drop");
    if (!area) return;
    event.preventDefault();
    area.classList.remove("over");
    area.querySelector("input[type=file]").files = event.dataTransfer.files;
  });

  window.Fairdial = { flash, set, toast };
  dress(document);
})();
