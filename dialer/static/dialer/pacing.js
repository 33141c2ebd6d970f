// The curve of a campaign's day: how busy agents were, what was abandoned against the aim, and how many waited.
(() => {
  "use strict";
  const place = document.getElementById("pacing-curve");
  if (!place || !window.uPlot) return;
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const perCent = (_plot, value) => (value === null || value === undefined ? "–" : `${value} %`);
  const clock = (at) => new Date(at * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  let plot = null;

  function options() {
    const axis = { stroke: colour("--muted"), grid: { stroke: colour("--line") }, ticks: { stroke: colour("--line") } };
    return {
      width: place.clientWidth || 600,
      height: 220,
      scales: { x: { time: true }, busy: { range: [0, 100] }, lost: { range: (_plot, _low, high) => [0, Math.max(4, high || 0)] } },
      axes: [{ ...axis, values: (_plot, ticks) => ticks.map(clock) }, { ...axis, scale: "busy", values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) },
        { ...axis, scale: "lost", side: 1, grid: { show: false }, values: (_plot, ticks) => ticks.map((tick) => `${tick} %`) }],
      series: [{ label: "", value: (_plot, at) => (at ? clock(at) : "–") },
        { label: place.dataset.utilisation, scale: "busy", stroke: colour("--blue"), width: 2, value: perCent },
        { label: place.dataset.abandoned, scale: "lost", stroke: colour("--red"), width: 2, value: perCent },
        { label: place.dataset.aim, scale: "lost", stroke: colour("--muted"), dash: [6, 4], value: perCent },
        { label: place.dataset.waiting, scale: "lost", stroke: colour("--amber"), show: false }],
    };
  }

  function show(curve) {
    const columns = [curve.at, curve.utilisation, curve.abandoned, curve.at.map(() => curve.aim), curve.waiting];
    if (!curve.at.length) { if (!plot) place.textContent = place.dataset.none; return; }
    if (plot) { plot.setData(columns); return; }
    place.textContent = "";
    plot = new window.uPlot(options(), columns, place);
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(place.dataset.url, { headers: { Accept: "application/json" } });
      if (answer.ok) show(await answer.json());
    } catch { /* the next look is in half a minute */ }
  }

  window.addEventListener("resize", () => plot?.setSize({ width: place.clientWidth, height: 220 }));
  look();
  setInterval(look, 30000);
})();
