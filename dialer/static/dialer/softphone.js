// The agent's phone in the browser: registers with the PBX, answers the one call the PBX makes to it, and stays on air.
// window.fairdialPhone: start() (asks for the microphone, resolves once registered), stop(), mute(on), muted(), stats().
// Every state is said in words from #softphone's data attributes.
(() => {
  "use strict";
  const root = document.getElementById("softphone");
  if (!root) return;
  const label = document.getElementById("softphone-state");
  const quality = document.getElementById("softphone-quality");
  const audio = document.getElementById("softphone-audio");
  const MARKS = { off: "off", microphone: "signing_in", registering: "signing_in", registered: "ready", calling: "claimed", onAir: "talking", muted: "paused", lost: "trouble" };
  const REGISTER_WITHIN = 15000;

  let ua = null, session = null, microphone = null, starting = null, release = null, retry = null, state = "off", last = null;

  const word = (key) => root.dataset[`word${key[0].toUpperCase()}${key.slice(1)}`] || key;

  function show(next) {
    state = next;
    root.dataset.state = next;
    label.className = `state state--${MARKS[next] || "trouble"}`;
    label.textContent = word(next);
    if (next !== "onAir" && next !== "muted") quality.textContent = "";
    document.dispatchEvent(new CustomEvent("fairdial:phone", { detail: { state: next } }));
  }

  class PhoneProblem extends Error {
    constructor(key) { super(word(key)); this.key = key; }
  }

  async function listen() {
    if (!navigator.mediaDevices) throw new PhoneProblem("insecure");
    show("microphone");
    try {
      return await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } });
    } catch (error) {
      throw new PhoneProblem(error.name === "NotFoundError" ? "noDevice" : "noMicrophone");
    }
  }

  async function credentials() {
    const answer = await fetch(root.dataset.url, { headers: { Accept: "application/json" }, cache: "no-store" });
    if (!answer.ok) throw new PhoneProblem("refused");
    return answer.json();
  }

  // One phone per browser: a second window would take the registration away from the first.
  async function claim() {
    if (!navigator.locks || release) return;
    await new Promise((claimed, failed) => {
      navigator.locks.request("fairdial-phone", { signal: AbortSignal.timeout(3000) }, () => new Promise((done) => { release = done; claimed(); }))
        .catch(() => failed(new PhoneProblem("elsewhere")));
    });
  }

  function start() {
    starting ??= begin().catch((error) => { stop(); show(error.key || "unreachable"); throw error; }).finally(() => { starting = null; });
    return starting;
  }

  async function begin() {
    if (ua?.isRegistered()) return;
    microphone ??= await listen();
    show("registering");
    const mine = await credentials();
    await claim();
    await register(mine);
  }

  function register(mine) {
    ua?.stop();
    ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(mine.ws_url)],
      uri: mine.uri, authorization_user: mine.username, password: mine.password, display_name: mine.display_name,
      user_agent: "Fairdial", session_timers: false, register_expires: 120,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 15,
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new PhoneProblem("unreachable")), REGISTER_WITHIN);
      ua.on("registered", () => { clearTimeout(late); if (!session) show("registered"); resolve(); });
      ua.on("registrationFailed", (event) => {
        const refused = event.cause === JsSIP.C.causes.REJECTED || event.cause === JsSIP.C.causes.AUTHENTICATION_ERROR;
        if (refused) { clearTimeout(late); reject(new PhoneProblem("refused")); }
        show(refused ? "refused" : "lost");
        clearTimeout(retry);
        if (!refused) retry = setTimeout(() => ua?.register(), 3000);
      });
      ua.on("disconnected", () => { if (!session) show("lost"); });
      ua.on("newRTCSession", (event) => take(event.session));
      ua.start();
    });
  }

  // The PBX calls once, at sign-in, and the line stays up; while it is up nothing else may ring.
  function take(incoming) {
    if (incoming.direction !== "incoming") return;
    if (session) { incoming.terminate({ status_code: 486 }); return; }
    session = incoming;
    show("calling");
    incoming.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams, track }) => {
        audio.srcObject = streams[0] || new MediaStream([track]);
        audio.play().catch(() => {});
      });
    });
    // Without this an unreachable network interface delays the answer by seconds.
    let gathered = null;
    incoming.on("icecandidate", (event) => { gathered ??= setTimeout(() => event.ready(), 300); });
    incoming.on("accepted", () => show("onAir"));
    incoming.on("ended", gone);
    incoming.on("failed", gone);
    incoming.answer({ mediaStream: microphone, pcConfig: { iceServers: [] } });
  }

  function gone() {
    session = null;
    last = null;
    audio.srcObject = null;
    show(ua?.isRegistered() ? "registered" : ua ? "lost" : "off");
  }

  function stop() {
    clearTimeout(retry);
    const old = ua;
    ua = null;
    session = null;
    old?.stop();
    microphone?.getTracks().forEach((track) => track.stop());
    microphone = null;
    release?.();
    release = null;
    show("off");
  }

  const muted = () => Boolean(session?.isMuted().audio);

  function mute(on) {
    if (!session) return;
    if (on) session.mute({ audio: true }); else session.unmute({ audio: true });
    show(on ? "muted" : "onAir");
  }

  async function stats() {
    const found = { state, packetsSent: 0, packetsReceived: 0, packetsLost: 0, bytesReceived: 0, jitter: 0, roundTripTime: null, audioLevel: null };
    if (!session?.connection) return found;
    (await session.connection.getStats()).forEach((report) => {
      if (report.kind !== "audio") return;
      if (report.type === "outbound-rtp") found.packetsSent += report.packetsSent;
      if (report.type === "remote-inbound-rtp") found.roundTripTime = report.roundTripTime ?? null;
      if (report.type === "inbound-rtp") {
        found.packetsReceived += report.packetsReceived;
        found.packetsLost += report.packetsLost;
        found.bytesReceived += report.bytesReceived;
        found.jitter = report.jitter;
        found.audioLevel = report.audioLevel ?? null;
      }
    });
    return found;
  }

  async function judge() {
    if (!session) return;
    const now = await stats();
    if (last && now.packetsReceived > last.packetsReceived) {
      const lost = now.packetsLost - last.packetsLost;
      const share = lost / (lost + now.packetsReceived - last.packetsReceived);
      quality.textContent = word(share < 0.01 && now.jitter < 0.03 ? "qualityGood" : share < 0.05 ? "qualityFair" : "qualityPoor");
    }
    last = now;
  }

  setInterval(judge, 5000);
  addEventListener("pagehide", stop);
  window.fairdialPhone = { start, stop, mute, muted, stats, get state() { return state; } };
})();
