// The wall looks again only while somebody can see it, and never takes a control away from under a hand.
(() => {
  "use strict";
  let pressed = false;
  document.addEventListener("pointerdown", () => { pressed = true; });
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => { setTimeout(() => { pressed = false; }, 100); }));

  const isLook = (event) => event.detail.requestConfig?.triggeringEvent?.type === "look-again";
  const busy = () => pressed || document.activeElement?.closest("#board input");

  document.addEventListener("htmx:beforeRequest", (event) => { if (isLook(event) && (document.hidden || busy())) event.preventDefault(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "board") return;
    if (isLook(event) && busy()) event.detail.shouldSwap = false;
    if (event.detail.xhr.status === 409) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  // A control that was left alone for half a minute holds nothing up.
  let idle = null;
  ["focusin", "input"].forEach((name) => document.addEventListener(name, (event) => {
    clearTimeout(idle);
    if (event.target.closest("#board input")) idle = setTimeout(() => event.target.blur(), 30000);
  }));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) document.body.dispatchEvent(new CustomEvent("look-again")); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && event.target.closest("#board input")) event.target.blur(); });
  document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target?.id === "board") document.activeElement?.closest("#board input")?.blur(); });
})();
