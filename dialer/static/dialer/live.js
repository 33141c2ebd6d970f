// One event stream per page. Whatever it hears, it says only "look-again" on <body>; the page then reads for itself.
// Not connected, it says so in words and looks every 2 s; connected, it still looks now and then, for a nudge can be lost.
(() => {
  "use strict";
  const places = [...document.querySelectorAll("[data-live-topics]")];
  if (!places.length) return;

  const POLL = 2000, GATHER = 100, SILENCE = 40000;
  const place = places[0];
  const topics = [...new Set(places.flatMap((p) => p.dataset.liveTopics.split(",")))].filter(Boolean).join(",");
  const heal = Math.min(...places.map((p) => Number(p.dataset.liveHeal) || 5000));
  const url = `${place.dataset.liveUrl}?topics=${encodeURIComponent(topics)}`;
  const marks = { live: "ready", connecting: "signing_in", reconnecting: "paused", polling: "paused" };

  let stream = null, state = "", heard = Date.now(), looked = Date.now(), gathering = null, wait = POLL, again = null;

  function show(next) {
    if (next === state) return;
    state = next;
    document.documentElement.dataset.live = next;
    places.forEach((p) => {
      const badge = document.createElement("span");
      badge.className = `state state--${marks[next]}`;
      badge.textContent = p.dataset[`word${next[0].toUpperCase()}${next.slice(1)}`];
      p.replaceChildren(badge);
    });
  }

  function look() {
    looked = Date.now();
    document.body.dispatchEvent(new CustomEvent("look-again", { bubbles: true }));
  }

  // The first nudge is passed on at once, because a customer may be on the line; more within 100 ms become one.
  function nudged() {
    if (gathering) { gathering.more = true; return; }
    look();
    gathering = { more: false };
    setTimeout(() => { const { more } = gathering; gathering = null; if (more) nudged(); }, GATHER);
  }

  function open() {
    clearTimeout(again);
    stream?.close();
    heard = Date.now();
    stream = new EventSource(url, { withCredentials: true });
    stream.addEventListener("beat", (event) => {
      heard = Date.now();
      wait = POLL;
      const before = state;
      show(JSON.parse(event.data).source === "up" ? "live" : "polling");
      if (before !== state && before !== "connecting") nudged();
    });
    stream.addEventListener("look-again", () => { heard = Date.now(); nudged(); });
    stream.addEventListener("error", lost);
  }

  function lost() {
    show("reconnecting");
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    clearTimeout(again);
    again = setTimeout(open, wait);
    wait = Math.min(wait * 2, 30000);
  }

  setInterval(() => {
    if (Date.now() - heard > SILENCE) { show("reconnecting"); open(); }
    if (Date.now() - looked >= (state === "live" ? heal : POLL)) look();
  }, 250);

  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  show("connecting");
  open();
})();
