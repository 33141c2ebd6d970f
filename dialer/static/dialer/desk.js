// The desk: reads its card again when told, carries what the agent has begun across every swap, and listens to keys.
// A result chosen while talking is only a choice; it is saved two seconds after the call has ended, unless Esc is pressed
// or the note is being written. In wrap-up a key saves at once. A result always names its call.
(() => {
  "use strict";
  const GRACE = 2000, LAST_MOMENT = 1500, RESULT = "#result";
  const phone = window.fairdialPhone;
  const desk = () => document.getElementById("desk");
  const form = () => document.querySelector(RESULT);
  const store = {
    get: () => JSON.parse(sessionStorage.getItem("fairdial.desk") || "{}"),
    set: (draft) => sessionStorage.setItem("fairdial.desk", JSON.stringify(draft)),
  };
  let draft = store.get(), reading = null, again = false, posting = 0, grace = null, sounded = desk()?.dataset.call, ear = null, focus = null;

  const state = () => desk()?.dataset.state;
  const keep = (change) => { draft = { ...draft, ...change }; store.set(draft); };

  // Reading ------------------------------------------------------------------------------------------------------------
  async function read() {
    if (posting) return;
    if (reading) { again = true; return; }
    reading = new AbortController();
    try {
      const answer = await fetch(`${desk().dataset.url}?seen=${desk().dataset.seen}`, {
        headers: { "HX-Request": "true" }, cache: "no-store", signal: reading.signal,
      });
      const elsewhere = answer.headers.get("HX-Redirect");
      if (elsewhere) { location.assign(elsewhere); return; }
      offline(answer.status >= 500);
      if (answer.status === 200) await show(await answer.text());
    } catch (error) {
      if (error.name !== "AbortError") offline(true);
    } finally {
      reading = null;
      if (again) { again = false; read(); }
    }
  }

  async function show(html) {
    if (posting) return;
    remember();
    htmx.swap("#desk", html, { swapStyle: "outerHTML" });
  }

  const offline = (shown) => { document.getElementById("offline").hidden = !shown; };

  // Across a swap ------------------------------------------------------------------------------------------------------
  function remember() {
    const at = document.activeElement;
    focus = at?.id && desk()?.contains(at) ? { id: at.id, start: at.selectionStart, end: at.selectionEnd } : null;
  }

  function dress() {
    window.FairdialClock.learn(desk());
    window.FairdialClock.tick();
    document.title = document.title.replace(/^.*? · /, `${desk().querySelector(".state")?.textContent || ""} · `);
    const call = desk().dataset.call;
    if (call !== (draft.call || "")) keep({ call, note: "", pick: null, personal: false });
    if (form()) dressResult();
    if (focus) refocus();
    if (state() === "talking" && call && call !== sounded) bridged(call);
    dressMute();
    if (state() === "off" && phone && phone.state !== "off" && !posting) phone.stop();
  }

  function refocus() {
    const element = document.getElementById(focus.id);
    element?.focus({ preventScroll: true });
    if (element?.setSelectionRange && focus.start !== undefined && element.type !== "datetime-local") element.setSelectionRange(focus.start, focus.end);
  }

  function bridged(call) {
    sounded = call;
    if (phone?.muted()) phone.mute(false); // a new customer never meets a silent agent
    document.querySelector(".desk-columns")?.classList.add("turn");
    tone();
  }

  // Two soft notes, quieter than speech.
  function tone() {
    if (!ear) return;
    [[660, 0], [880, 0.12]].forEach(([pitch, after]) => {
      const note = ear.createOscillator(), volume = ear.createGain(), at = ear.currentTime + after;
      note.frequency.value = pitch;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(0.06, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.22);
      note.connect(volume).connect(ear.destination);
      note.start(at);
      note.stop(at + 0.25);
    });
  }

  function listen() {
    ear ??= new AudioContext();
    if (ear.state === "suspended") ear.resume();
  }

  // Results ------------------------------------------------------------------------------------------------------------
  function dressResult() {
    const note = document.getElementById("note");
    if (draft.note && !note.value) note.value = draft.note;
    document.getElementById("callback-personal").checked = Boolean(draft.personal);
    press();
    clearTimeout(grace);
    grace = null;
    if (state() === "wrap_up" && ripe() && document.activeElement !== note) {
      say("wordGrace", draft.pick.label);
      grace = setTimeout(save, GRACE);
    }
  }

  const ripe = () => draft.pick && (draft.pick.category !== "callback" || draft.pick.callbackAt);

  function press() {
    form().querySelectorAll("[data-result]").forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.result === draft.pick?.code)));
    document.getElementById("callback").hidden = draft.pick?.category !== "callback";
    form().querySelectorAll("[data-callback]").forEach((chip) => chip.setAttribute("aria-current", String(chip.dataset.callback === draft.pick?.callbackAt)));
    if (!draft.pick) say();
    else if (!ripe()) say("wordWhen", draft.pick.label);
    else if (state() !== "wrap_up") say("wordPicked", draft.pick.label);
  }

  function say(key, label) {
    const line = document.getElementById("result-says");
    line.textContent = key ? form().dataset[key].replace("%s", label) : line.dataset.default;
    line.classList.toggle("result-says--picked", Boolean(key));
  }

  function pick(button) {
    const { result: code, label, category } = button.dataset;
    if (draft.pick?.code === code && state() !== "wrap_up") keep({ pick: null });
    else keep({ pick: { code, label, category, callbackAt: draft.pick?.code === code ? draft.pick.callbackAt : "" } });
    decide();
  }

  function decide() {
    clearTimeout(grace);
    grace = null;
    press();
    if (draft.pick && !ripe()) document.querySelector("#callback button")?.focus();
    else if (draft.pick && state() === "wrap_up") save();
  }

  function save() {
    clearTimeout(grace);
    grace = null;
    const result = form();
    if (!result || !ripe() || posting || draft.call !== result.dataset.call) return;
    result.elements.disposition.value = draft.pick.code;
    result.elements.callback_at.value = draft.pick.callbackAt || "";
    say("wordSaving", draft.pick.label);
    htmx.trigger(result, "submit");
  }

  function hold() {
    if (grace) { clearTimeout(grace); grace = null; say(); keep({ pick: null }); press(); return true; }
    return false;
  }

  setInterval(() => {
    const left = document.querySelector(`${RESULT}`) && desk().querySelector("[data-countdown]");
    if (left && ripe() && !posting && Date.parse(left.dataset.countdown) - window.FairdialClock.now() < LAST_MOMENT) save();
  }, 250);

  // The phone ----------------------------------------------------------------------------------------------------------
  function dressMute() {
    const button = desk().querySelector("[data-mute]");
    if (!button || !phone) return;
    const on = phone.muted();
    button.setAttribute("aria-pressed", String(on));
    button.querySelector("span").textContent = on ? button.dataset.wordUnmute : button.dataset.wordMute;
  }

  async function signIn(event) {
    event.preventDefault();
    const problem = document.getElementById("sign-in-problem"), button = document.getElementById("sign-in-button");
    problem.hidden = true;
    button.disabled = true;
    try {
      await phone.start();
      event.detail.issueRequest(true);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  // Events -------------------------------------------------------------------------------------------------------------
  document.body.addEventListener("look-again", read);
  document.addEventListener("htmx:confirm", (event) => { if (event.target.id === "sign-in" && phone) signIn(event); });
  document.addEventListener("htmx:beforeRequest", () => { posting += 1; reading?.abort(); });
  document.addEventListener("htmx:afterRequest", () => { posting = Math.max(0, posting - 1); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "desk") return;
    remember();
    // A refusal comes with its status and with the desk as it really is; what was refused is not tried again by itself.
    if (event.detail.xhr.status >= 400) keep({ pick: null });
    if (event.detail.serverResponse.includes('id="desk"')) { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  ["htmx:afterSwap", "htmx:afterSettle"].forEach((name) => document.addEventListener(name, () => { if (desk()) dress(); }));
  document.addEventListener("fairdial:phone", dressMute);
  document.addEventListener("input", (event) => { if (event.target.id === "note") keep({ note: event.target.value }); });
  document.addEventListener("change", (event) => { if (event.target.id === "callback-personal") keep({ personal: event.target.checked }); });
  document.addEventListener("focusout", (event) => { if (event.target.id === "note" && form() && state() === "wrap_up" && ripe() && !posting && !grace) dressResult(); });

  document.addEventListener("click", (event) => {
    listen();
    const at = (selector) => event.target.closest(selector);
    if (at("[data-result]")) pick(at("[data-result]"));
    else if (at("[data-mute]") && phone) phone.mute(!phone.muted());
    else if (at("[data-callback]")) take(at("[data-callback]").dataset.callback);
    else if (at("[data-callback-local]")) take(document.getElementById("callback-local").value);
  });

  function take(callbackAt) {
    if (!callbackAt || !draft.pick) return;
    keep({ pick: { ...draft.pick, callbackAt } });
    decide();
  }

  document.addEventListener("keydown", (event) => {
    listen();
    if (event.isComposing) return;
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "Escape") { if (typing) typing.blur(); else if (!hold()) document.activeElement?.blur(); return; }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { if (state() === "wrap_up") save(); return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.key === "n" && form()) { event.preventDefault(); document.getElementById("note").focus(); return; }
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const button = desk()?.querySelector(`[data-key="${CSS.escape(event.key)}"]:not([hidden], :disabled)`);
    if (button) { event.preventDefault(); button.click(); }
  });

  addEventListener("beforeunload", (event) => { if (phone && ["onAir", "muted"].includes(phone.state)) event.preventDefault(); });

  dress();
  if (state() !== "off" && phone) phone.start().catch(() => {});
})();
