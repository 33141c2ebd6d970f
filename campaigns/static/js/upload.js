// Sends a form's file in pieces before the form itself (docs/api.md, "Uploads"), so that a dropped connection costs one
// piece: it goes on by itself when the network is back, and after a reload when the same file is chosen again. The form
// then names the upload instead of the file. Without this script the form sends the file itself.
const LEAST = 256 * 1024;
const MOST = 16 * 1024 * 1024;
const PIECE_SECONDS = 2; // as long as a piece should take
const PATIENCE = 60_000; // ms without an answer
const WAITS = [1, 2, 4, 8, 15]; // seconds between two attempts
const TUS = { "Tus-Resumable": "1.0.0" };
const LANGUAGE = document.documentElement.lang;

const unit = (value, of, digits = 0) =>
  new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: of, maximumFractionDigits: digits, unitDisplay: "short" }).format(value);
const megabytes = (bytes) => unit(bytes / 1e6, "megabyte", bytes < 1e7 ? 1 : 0);
const duration = (seconds) => (seconds < 90 ? unit(Math.ceil(seconds), "second") : unit(Math.round(seconds / 60), "minute"));
const fill = (sentence, values) => sentence.replace(/\{(\w+)\}/g, (_all, name) => values[name]);

// What the server refuses and no waiting mends; its text is a sentence for the reader.
class Refused extends Error {}
// The upload of before is gone: begin anew.
class Gone extends Error {}

// One request, with its progress; resolves with the request whatever its status, rejects where no answer came.
function ask(method, address, headers, body, { onProgress, signal } = {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, address);
    request.timeout = PATIENCE;
    Object.entries(headers).forEach(([name, value]) => request.setRequestHeader(name, value));
    if (onProgress) request.upload.addEventListener("progress", (event) => onProgress(event.loaded));
    request.addEventListener("load", () => resolve(request));
    ["error", "timeout", "abort"].forEach((kind) => request.addEventListener(kind, () => reject(new Error(kind))));
    signal?.addEventListener("abort", () => request.abort());
    request.send(body);
  });
}

function sentence(request) {
  try { return JSON.parse(request.responseText).error.sentence; } catch { return ""; }
}

const inBase64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

// Until the network says it is back, at most so long; at once where the upload was cancelled.
function waited(seconds, signal) {
  return new Promise((resolve) => {
    const done = () => { clearTimeout(timer); removeEventListener("online", done); resolve(); };
    const timer = setTimeout(done, seconds * 1000);
    addEventListener("online", done);
    signal.addEventListener("abort", done);
  });
}

class Sending {
  constructor(file, { address, token, words, show }) {
    Object.assign(this, { file, begins: address, token, words, show, stopped: new AbortController(), size: LEAST, rate: 0 });
    this.key = `fairdial.upload:${file.name}:${file.size}:${file.lastModified}`;
  }

  get headers() { return { ...TUS, "X-CSRFToken": this.token }; }

  cancel() {
    this.stopped.abort();
    localStorage.removeItem(this.key);
    if (this.address) ask("DELETE", this.address, this.headers).catch(() => {});
  }

  // The id of the upload, once all of it is there. Throws Refused.
  async whole() {
    for (let failures = 0; !this.stopped.signal.aborted;) {
      try {
        const before = this.offset;
        await this.stand();
        if (this.offset > before) failures = 0;
        while (this.offset < this.file.size) { await this.piece(); failures = 0; }
        localStorage.removeItem(this.key);
        return this.address.split("/").pop();
      } catch (fault) {
        if (fault instanceof Refused) throw fault;
        if (fault instanceof Gone) this.forget();
        else await this.rest(failures++);
      }
    }
    return null;
  }

  // Where the upload stands: one of before, or a new one.
  async stand() {
    this.address ||= localStorage.getItem(this.key);
    if (!this.address) return this.begin();
    const answer = this.judged(await ask("HEAD", this.address, this.headers));
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.report(this.offset);
  }

  async begin() {
    const told = { "Upload-Length": this.file.size, "Upload-Metadata": `filename ${inBase64(this.file.name)}` };
    const answer = this.judged(await ask("POST", this.begins, { ...this.headers, ...told }));
    this.address = new URL(answer.getResponseHeader("Location"), location.href).pathname;
    this.offset = 0;
    localStorage.setItem(this.key, this.address);
  }

  async piece() {
    const from = this.offset, began = performance.now();
    const body = this.file.slice(from, from + this.size);
    const headers = { ...this.headers, "Upload-Offset": from, "Content-Type": "application/offset+octet-stream" };
    const onProgress = (loaded) => this.report(from + Math.min(loaded, body.size));
    const answer = this.judged(await ask("PATCH", this.address, headers, body, { onProgress, signal: this.stopped.signal }));
    this.offset = Number(answer.getResponseHeader("Upload-Offset"));
    this.learn((this.offset - from) / Math.max(0.001, (performance.now() - began) / 1000));
    this.report(this.offset);
  }

  // Bytes a second, the latest pieces counting most; the next piece is as large as goes in its time.
  learn(rate) {
    this.rate = this.rate ? 0.7 * this.rate + 0.3 * rate : rate;
    this.size = Math.max(LEAST, Math.min(MOST, Math.round(this.rate * PIECE_SECONDS)));
  }

  judged(answer) {
    const { status } = answer;
    if (status === 404) throw new Gone();
    if (status === 409 || status === 423 || status === 429 || status >= 500) throw new Error(String(status));
    if (status >= 400) throw new Refused(sentence(answer) || this.words.wordRefused);
    return answer;
  }

  forget() {
    localStorage.removeItem(this.key);
    this.address = null;
  }

  async rest(failures) {
    // A file that was changed or taken away can't be read any more, however long we wait.
    await this.file.slice(0, 1).arrayBuffer().catch(() => { throw new Refused(this.words.wordChanged); });
    const kept = unit(Math.floor((100 * (this.offset || 0)) / this.file.size), "percent");
    this.show({ words: fill(this.words.wordWaiting, { kept }), waiting: true });
    await waited(WAITS[Math.min(failures, WAITS.length - 1)], this.stopped.signal);
  }

  report(done) {
    const share = (100 * done) / this.file.size;
    const left = this.rate ? duration((this.file.size - done) / this.rate) : "…";
    const rate = this.rate ? unit(this.rate / 1e6, "megabyte-per-second", 1) : "…";
    const values = { percent: unit(Math.floor(share), "percent"), done: megabytes(done), size: megabytes(this.file.size), rate, left };
    this.show({ words: fill(this.words.wordSending, values), share, waiting: false });
  }
}

function prepare(form) {
  const input = form.querySelector("input[type=file]");
  const named = form.querySelector("input[name=uploaded]");
  const panel = form.querySelector("[data-upload]");
  const [bar, words, refusal] = ["progress", "[role=status]", "[role=alert]"].map((part) => panel.querySelector(part));
  let sending = null;

  function show(state) {
    panel.hidden = false;
    refusal.hidden = true;
    words.textContent = state.words;
    if (state.share !== undefined) bar.value = state.share;
    panel.classList.toggle("waiting", state.waiting);
  }

  function settle(text = "") {
    sending = null;
    form.classList.remove("sending");
    form.querySelector("button.primary").disabled = false;
    panel.hidden = !text;
    [bar, words, panel.querySelector("button")].forEach((part) => { part.hidden = Boolean(text); });
    refusal.textContent = text;
    refusal.hidden = !text;
  }

  async function send(file) {
    settle();
    form.classList.add("sending");
    form.querySelector("button.primary").disabled = true;
    const token = form.querySelector("input[name=csrfmiddlewaretoken]").value;
    sending = new Sending(file, { address: form.dataset.uploads, token, words: panel.dataset, show });
    try {
      const id = await sending.whole();
      if (!id) return;
      named.value = id;
      input.disabled = true;
      form.submit(); // not requestSubmit, which would come back here
    } catch (fault) {
      if (!(fault instanceof Refused)) throw fault;
      settle(fault.message);
    }
  }

  form.addEventListener("submit", (event) => {
    const file = input.files[0];
    if (!file || event.submitter?.value === "cancel") return;
    event.preventDefault();
    if (!sending) send(file);
  });
  // A file that is chosen takes the place of one that has come.
  input.addEventListener("change", () => { if (input.files.length) named.value = ""; });
  panel.querySelector("button").addEventListener("click", () => { sending?.cancel(); settle(); });
  addEventListener("pageshow", () => { input.disabled = false; });
  addEventListener("beforeunload", (event) => { if (sending && !named.value) event.preventDefault(); });
}

document.querySelectorAll("form[data-uploads]").forEach(prepare);
