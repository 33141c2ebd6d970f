// Seconds that tick on the server's clock: [data-since] counts up, [data-until] down, [data-countdown] empties a bar.
// The server's time comes with every fragment as data-now, so a wrong clock on this computer shows nowhere.
(() => {
  "use strict";
  let offset = 0;

  const now = () => Date.now() + offset;

  function learn(root) {
    const stamped = root.matches?.("[data-now]") ? root : root.querySelector?.("[data-now]");
    if (stamped && stamped.dataset.now) offset = Date.parse(stamped.dataset.now) - Date.now();
  }

  function text(seconds) {
    const s = Math.max(0, Math.floor(seconds));
    const two = (n) => String(n).padStart(2, "0");
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  }

  function write(element, value) { if (element.textContent !== value) element.textContent = value; }

  function tick() {
    const at = now();
    document.querySelectorAll("[data-since]").forEach((e) => write(e, text((at - Date.parse(e.dataset.since)) / 1000)));
    document.querySelectorAll("[data-until]").forEach((e) => write(e, text(Math.ceil((Date.parse(e.dataset.until) - at) / 1000))));
    document.querySelectorAll("[data-countdown]").forEach((e) => {
      const end = Date.parse(e.dataset.countdown);
      const left = (end - at) / Math.max(1, end - Date.parse(e.dataset.from));
      e.style.width = `${Math.max(0, Math.min(1, left)) * 100}%`;
    });
  }

  document.addEventListener("htmx:afterSwap", () => { learn(document); tick(); });
  learn(document);
  tick();
  setInterval(tick, 250);
  window.FairdialClock = { now, learn, tick };
})();
