// One timeline for several runs. Everything is drawn here, from one packed message: playing asks
// the server nothing. Where the reader stops is reported back once, as state "at".

const instances = new WeakMap();
const PLAY_SECONDS = 14;
const RIGHT = 0.2; // share of the price picture that shows the crowd

function bytes(text) {
  const raw = atob(text);
  const out = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) out[i] = raw.charCodeAt(i);
  return out.buffer;
}
const whole = (text) => new Uint32Array(bytes(text));
function line(packed) {
  if (!packed.data) return new Float64Array(packed.length).fill(packed.low);
  const steps = new Uint16Array(bytes(packed.data));
  return Float64Array.from(steps, (x) => packed.low + x * packed.unit);
}

// The last position whose step is not later than `step`.
function before(steps, step) {
  let low = 0;
  let high = steps.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (steps[middle] <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

function money(x) {
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  // Each unit from where the one below would be written with four digits.
  if (size >= 9.995e8) return `${sign}$${(size / 1e9).toFixed(2)}B`;
  if (size >= 9.995e5) return `${sign}$${(size / 1e6).toFixed(size >= 1e8 ? 0 : 2)}M`;
  if (size >= 999.5) return `${sign}$${(size / 1e3).toFixed(size >= 1e5 ? 0 : 1)}k`;
  return `${size < 0.5 ? "" : sign}$${size.toFixed(0)}`;
}
function price(x) {
  const digits = x >= 1000 ? 0 : x >= 10 ? 2 : 4;
  return x.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
function clock(seconds) {
  const s = Math.round(seconds);
  const h = Math.floor(s / 3600);
  const m = Math.floor((s % 3600) / 60);
  const two = (x) => String(x).padStart(2, "0");
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

function el(tag, attributes = {}, text = "") {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text) node.textContent = text;
  return node;
}

class Timeline {
  constructor(root) {
    this.root = root;
    this.step = 0;
    this.playing = false;
    this.id = null;
    this.seek = null;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.resize = new ResizeObserver(() => this.lay());
    this.resize.observe(root);
    this.frame = this.frame.bind(this);
    this.build();
    this.led = () => this.heed();
    document.addEventListener("forced-flow-seek", this.led);
  }

  // In a room: go where the leader is. The message may come before the timeline does.
  heed() {
    const at = document.forcedFlowSeek;
    if (!this.follow || !at || !this.trace || !this.runs[at.lane]) return;
    this.lane = at.lane;
    this.event = at.event;
    this.step = Math.min(at.step, this.trace.steps - 1);
    this.lay();
  }

  build() {
    const find = (name) => this.root.querySelector(name);
    this.panels = find(".panels");
    this.range = find("input");
    this.output = find("output");
    this.play = find(".play");
    this.play.onclick = () => (this.playing ? this.pause() : this.start());
    find(".previous").onclick = () => this.jump(-1);
    find(".next").onclick = () => this.jump(+1);
    this.range.oninput = () => {
      this.stop();
      this.event = null;
      this.go(Number(this.range.value));
    };
    this.range.onchange = () => this.later();
  }

  update(component) {
    this.component = component;
    const data = component.data;
    this.words = data.words;
    this.colours = data.colours;
    this.follow = Boolean(data.follow);
    this.root.classList.toggle("follow", this.follow);
    if (this.id !== data.trace.id) {
      this.stop();
      this.load(data.trace);
    }
    const seek = JSON.stringify([data.seek, data.trace.id]);
    if (this.seek !== seek) {
      this.seek = seek;
      this.stop();
      this.lane = data.seek.lane;
      this.event = data.seek.event;
      this.step = data.seek.step ?? this.trace.steps - 1;
    }
    // Where the reader chose no event, the page explains the nearest limit: name it here too.
    const { why } = data;
    const there = why.lane === this.lane && why.step === this.step;
    if (!this.playing && there && !this.chosen()) this.event = why.event;
    this.lay();
    this.heed();
  }

  load(trace) {
    this.id = trace.id;
    this.trace = trace;
    this.steps = whole(trace.step);
    this.runs = {};
    for (const [name, run] of Object.entries(trace.runs)) {
      const lines = {};
      for (const [key, packed] of Object.entries(run.lines)) lines[key] = line(packed);
      lines.fundamental = line(run.fundamental);
      lines.displacement = lines.mid.map((mid, i) => mid / lines.fundamental[i] - 1);
      this.runs[name] = {
        lines,
        crowd: run.crowd,
        eaten: Float64Array.from(new Uint8Array(bytes(run.eaten.data)), (x) => x / 255),
        slots: run.eaten.slots,
        limits: { all: run.limits.all, event: whole(run.limits.event), step: whole(run.limits.step) },
      };
    }
    const all = Object.values(this.runs);
    const most = (name) => Math.max(...all.map((run) => Math.max(...run.lines[name].map(Math.abs))));
    this.most = {
      displacement: Math.max(most("displacement"), 1e-4),
      paid: Math.max(...this.words.paid.map(([key]) => most(key)), 1),
    };
    this.paid = this.words.paid.filter(([key]) => most(key) > 0);
    this.range.min = 0;
    this.range.max = trace.steps - 1;
    this.make();
  }

  make() {
    this.panels.replaceChildren();
    const number = Object.keys(this.runs).length;
    this.panels.style.setProperty("--columns", number === 3 || number > 4 ? 3 : Math.min(number, 2));
    for (const way of ["previous", "next"]) {
      this.root.querySelector(`.${way}`).setAttribute("aria-label", this.words[way]);
    }
    for (const name of Object.keys(this.runs)) {
      const run = this.runs[name];
      const section = el("section", { "aria-label": this.words.lanes[name] });
      const head = el("button", { class: "name", type: "button" });
      head.append(el("i"), el("span", {}, this.words.lanes[name]), el("em"));
      head.onclick = () => this.choose(name, null, this.step);
      head.disabled = this.follow;
      const canvas = el("canvas", { role: "img" });
      const list = el("dl");
      const paid = el("div", { class: "paid" });
      run.numbers = this.words.numbers.map(([, title]) => {
        const value = el("dd");
        list.append(el("dt", {}, title), value);
        return value;
      });
      run.paid = this.paid.map(([, title]) => {
        const bar = el("b");
        const value = el("span");
        paid.append(el("span", {}, title), bar, value);
        return [bar, value];
      });
      section.append(head, list, canvas, paid);
      this.panels.append(section);
      Object.assign(run, { section, head, canvas });
      this.touch(name, canvas);
    }
  }

  touch(name, canvas) {
    let down = false;
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const stepAt = (x) =>
      Math.round(Math.min(Math.max(x / this.plot, 0), 1) * (this.trace.steps - 1));
    canvas.onpointerdown = (event) => {
      down = true;
      this.moved = false;
      this.stop();
      canvas.setPointerCapture(event.pointerId);
    };
    canvas.onpointermove = (event) => {
      if (!down) return;
      const [x] = at(event);
      if (Math.abs(x - (this.from ?? x)) > 4) this.moved = true;
      this.from ??= x;
      if (this.moved) {
        this.event = null;
        this.go(stepAt(x));
      }
    };
    const release = (event) => {
      if (!down) return;
      down = false;
      this.from = undefined;
      const [x, y] = at(event);
      if (this.moved) return this.report();
      const near = this.nearest(name, x, y);
      if (near === null) this.choose(name, null, stepAt(x));
      else this.choose(name, near[0], near[1]);
    };
    canvas.onpointerup = release;
    canvas.onpointercancel = () => {
      down = false;
      this.from = undefined;
    };
  }

  // The limit under the finger: within 14 px of the mark line at its step.
  nearest(name, x, y) {
    const run = this.runs[name];
    let best = null;
    let least = 14 * 14;
    run.limits.step.forEach((step, i) => {
      const dx = this.x(step) - x;
      if (dx * dx > least) return;
      const dy = this.y(run.lines.mark[before(this.steps, step)]) - y;
      if (dx * dx + dy * dy < least) {
        least = dx * dx + dy * dy;
        best = [run.limits.event[i], step];
      }
    });
    return best;
  }

  choose(lane, event, step) {
    this.stop();
    this.lane = lane;
    this.event = event;
    this.go(step);
    this.report();
  }

  // From limit to limit of the lane in view.
  jump(way) {
    this.stop();
    const { event, step } = this.runs[this.lane].limits;
    let i = this.chosen() ? event.indexOf(this.event) : -1;
    if (i >= 0 && step[i] === this.step) i += way;
    else if (way > 0) i = Math.max(step.findIndex((s) => s > this.step), 0);
    else for (i = step.length - 1; i >= 0 && step[i] >= this.step; i--);
    if (i < 0 || i >= event.length) return this.tell();
    this.event = event[i];
    this.go(step[i]);
    this.later();
  }

  start() {
    if (this.step >= this.trace.steps - 1) this.step = 0;
    this.playing = true;
    this.event = null;
    this.play.textContent = this.words.pause;
    this.output.setAttribute("aria-live", "off");
    this.clock = performance.now();
    if (this.calm.matches) this.ticks = setInterval(() => this.hop(), 1500);
    else requestAnimationFrame(this.frame);
  }

  // Reduced motion: no moving picture, but one still after another, a twelfth of the run apart.
  hop() {
    const last = this.trace.steps - 1;
    this.go(Math.min(this.step + Math.max(1, Math.round(last / 12)), last));
    if (this.step >= last) this.pause();
  }

  frame(now) {
    if (!this.playing) return;
    const last = this.trace.steps - 1;
    const passed = Math.min(now - this.clock, 100) / 1000;
    this.clock = now;
    this.exact = (this.exact ?? this.step) + (passed * last) / PLAY_SECONDS;
    this.go(Math.min(Math.floor(this.exact), last));
    if (this.step >= last) return this.pause();
    requestAnimationFrame(this.frame);
  }

  stop() {
    this.playing = false;
    this.exact = undefined;
    clearInterval(this.ticks);
    clearTimeout(this.waiting);
    this.play.textContent = this.words.play;
    this.output.setAttribute("aria-live", "polite");
  }

  pause() {
    this.stop();
    this.report();
  }

  // Keys repeat: report once they rest.
  later() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.report(), 300);
  }

  report() {
    clearTimeout(this.waiting);
    this.draw();
    const at = { lane: this.lane, step: this.step, event: this.event ?? null };
    this.component.setStateValue("at", at);
  }

  go(step) {
    this.step = step;
    this.draw();
  }

  // Sizes and the still part of each picture; called when the size, the data or the theme changes.
  lay() {
    if (!this.trace || !this.root.isConnected) return;
    const width = this.panels.firstChild.querySelector("canvas").clientWidth;
    if (!width) return;
    const narrow = this.root.clientWidth <= 760;
    this.size = narrow
      ? { price: 140, gap: 16, book: 40 }
      : { price: 230, gap: 20, book: 62 };
    this.width = width;
    this.plot = Math.round(width * (1 - RIGHT));
    this.high = this.size.price + this.size.gap + this.size.book + 16;
    const style = getComputedStyle(this.root);
    const paper = style.getPropertyValue("--st-background-color").trim() || "#ffffff";
    const ink = style.getPropertyValue("--st-text-color").trim() || "#111111";
    this.ink = ink;
    this.paper = paper;
    this.dark = brightness(paper) < 0.5;
    this.paint = this.colours[this.dark ? "dark" : "light"];
    this.root.style.setProperty(
      "--on-primary",
      brightness(style.getPropertyValue("--st-primary-color")) > 0.5 ? "#111" : "#fff",
    );
    const ratio = window.devicePixelRatio || 1;
    for (const [name, run] of Object.entries(this.runs)) {
      run.section.style.setProperty("--paint", this.paint.lanes[name]);
      run.canvas.style.height = `${this.high}px`;
      run.canvas.width = Math.round(width * ratio);
      run.canvas.height = Math.round(this.high * ratio);
      run.context = run.canvas.getContext("2d");
      run.context.setTransform(ratio, 0, 0, ratio, 0, 0);
      run.still = this.still(name, ratio);
      this.paid.forEach(([key], i) => {
        run.paid[i][0].style.background = this.paint.paid[key];
      });
    }
    this.ratio = ratio;
    this.legend();
    this.draw();
  }

  legend() {
    const list = this.root.querySelector(".key");
    const { lanes, side } = this.paint;
    const looks = {
      outside: ["line", `border-top: 2px dashed ${this.ink}`],
      mark: ["line", `border-top: 3px solid ${lanes[this.lane]}`],
      mid: ["line", `border-top: 1px solid ${lanes[this.lane]}`],
      limit: ["tick", `background: ${this.ink}`],
      long: ["block", `background: ${side.long}`],
      short: ["block", `background: ${side.short}`],
      closed: ["block", `background: ${this.ink}; opacity: 0.25`],
    };
    list.replaceChildren();
    for (const [name, title] of this.words.key) {
      const item = el("li");
      item.append(el("i", { class: looks[name][0], style: looks[name][1] }), el("span", {}, title));
      list.append(item);
    }
  }

  x(step) {
    return (step / Math.max(this.trace.steps - 1, 1)) * this.plot;
  }
  y(value) {
    const [low, high] = this.trace.price;
    return this.size.price * (1 - (value - low) / (high - low));
  }

  still(name, ratio) {
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(this.width * ratio);
    canvas.height = Math.round(this.high * ratio);
    const c = canvas.getContext("2d");
    c.scale(ratio, ratio);
    const run = this.runs[name];
    const floor = this.size.price + this.size.gap;
    const trail = (values, place) => {
      c.beginPath();
      for (let i = 0; i < values.length; i++) c.lineTo(this.x(this.steps[i]), place(values[i]));
    };
    const book = (value) => floor + this.bookY(value);
    c.lineJoin = "round";
    trail(run.lines.displacement, book);
    c.lineTo(this.plot, book(0));
    c.lineTo(0, book(0));
    c.closePath();
    c.globalAlpha = 0.45;
    c.fillStyle = this.paint.lanes[name];
    c.fill();
    c.globalAlpha = 1;
    const price_ = (value) => this.y(value);
    c.lineWidth = 1;
    c.strokeStyle = this.paint.lanes[name];
    c.globalAlpha = 0.6;
    trail(run.lines.mid, price_);
    c.stroke();
    c.globalAlpha = 1;
    c.lineWidth = 1.5;
    c.setLineDash([5, 4]);
    c.strokeStyle = this.ink;
    trail(run.lines.fundamental, price_);
    c.stroke();
    c.setLineDash([]);
    c.lineWidth = 2.4;
    c.strokeStyle = this.paint.lanes[name];
    trail(run.lines.mark, price_);
    c.stroke();
    c.fillStyle = this.ink;
    let last = -9;
    run.limits.step.forEach((step) => {
      const x = this.x(step);
      if (x - last < 1.5) return;
      last = x;
      c.fillRect(x - 0.6, this.y(run.lines.mark[before(this.steps, step)]) - 5, 1.2, 10);
    });
    return canvas;
  }

  // Down is a mid below the outside price. The zero line sits where both ends fit.
  bookY(value) {
    if (this.lowHigh?.id !== this.id) {
      const all = Object.values(this.runs).flatMap((run) => Array.from(run.lines.displacement));
      this.lowHigh = {
        id: this.id,
        low: Math.min(...all, -0.1 * this.most.displacement),
        high: Math.max(...all, 0.1 * this.most.displacement),
      };
    }
    const { low, high } = this.lowHigh;
    return (this.size.book * (high - value)) / (high - low);
  }

  draw() {
    if (!this.trace || !this.width) return;
    const at = before(this.steps, this.step);
    this.range.value = this.step;
    for (const name of Object.keys(this.runs)) this.panel(name, at);
    this.tell(at);
  }

  panel(name, at) {
    const run = this.runs[name];
    const c = run.context;
    const { price: tall, gap, book } = this.size;
    const x = this.x(this.step);
    const floor = tall + gap;
    c.clearRect(0, 0, this.width, this.high);
    this.axes(c, run.lines.displacement[at]);
    c.globalAlpha = 0.22;
    c.drawImage(run.still, 0, 0, this.width, this.high);
    c.globalAlpha = 1;
    const cut = Math.round(x * this.ratio);
    if (cut > 0) {
      const tallest = run.still.height;
      c.drawImage(run.still, 0, 0, cut, tallest, 0, 0, cut / this.ratio, this.high);
    }
    this.crowd(c, run);
    c.strokeStyle = this.ink;
    c.lineWidth = 1;
    c.beginPath();
    c.moveTo(x, 0);
    c.lineTo(x, floor + book);
    c.stroke();
    const mark = run.lines.mark[at];
    const inView = name === this.lane;
    c.beginPath();
    c.arc(x, this.y(mark), 4.5, 0, 7);
    c.fillStyle = this.paint.lanes[name];
    c.fill();
    if (inView && this.chosen()) this.ring(c, run, at);
    run.section.classList.toggle("seen", inView);
    run.head.setAttribute("aria-pressed", inView);
    run.head.lastChild.textContent = inView ? this.words.view : "";
    this.figures(run, name, at);
  }

  // The event that is explained, at its own step; a rule that is no limit, at the step in view.
  ring(c, run, at) {
    const i = run.limits.event.indexOf(this.event);
    const step = i < 0 ? this.step : run.limits.step[i];
    const place = i < 0 ? at : before(this.steps, step);
    c.beginPath();
    c.arc(this.x(step), this.y(run.lines.mark[place]), 8, 0, 7);
    c.lineWidth = 3;
    c.strokeStyle = this.ink;
    c.stroke();
  }

  chosen() {
    return this.event !== null && this.event !== undefined;
  }

  axes(c, now) {
    const [low, high] = this.trace.price;
    const { price: tall, gap, book } = this.size;
    c.font = "11px sans-serif";
    c.textBaseline = "bottom";
    c.textAlign = "left";
    const unit = nice((high - low) / 4);
    c.lineWidth = 1;
    for (let p = Math.ceil(low / unit) * unit; p < high; p += unit) {
      const y = Math.round(this.y(p)) + 0.5;
      if (y < 12) continue;
      c.globalAlpha = 0.18;
      c.strokeStyle = this.ink;
      c.beginPath();
      c.moveTo(0, y);
      c.lineTo(this.width, y);
      c.stroke();
      c.globalAlpha = 0.85;
      c.fillStyle = this.ink;
      c.fillText(price(p), 2, y - 1);
    }
    const floor = tall + gap;
    // In a narrow panel the short words: the long ones would run into the crowd's.
    const { book: long, book_short: short } = this.words;
    const fits = (word) => c.measureText(`${word} ${percent(-0.999)}`).width < this.plot - 6;
    c.fillText(`${fits(long) ? long : short} ${percent(now)}`, 2, floor - 2);
    const far = Math.abs(this.lowHigh.low) > Math.abs(this.lowHigh.high) ? "low" : "high";
    c.textAlign = "right";
    c.textBaseline = far === "low" ? "bottom" : "top";
    const ends = `${this.words.scale} ${percent(this.lowHigh[far])}`;
    c.globalAlpha = 0.6;
    c.fillText(ends, this.plot - 2, floor + (far === "low" ? book : 0), this.plot - 6);
    c.textAlign = "left";
    c.globalAlpha = 0.4;
    const zero = Math.round(floor + this.bookY(0)) + 0.5;
    c.beginPath();
    c.moveTo(0, zero);
    c.lineTo(this.plot, zero);
    c.stroke();
    c.globalAlpha = 0.85;
    const end = (this.trace.steps - 1) * this.trace.dt;
    c.textBaseline = "top";
    for (const part of [0, 0.5, 1]) {
      c.textAlign = part === 0 ? "left" : part === 1 ? "right" : "center";
      c.fillText(clock(end * part), this.plot * part, floor + book + 3);
    }
    c.textAlign = "left";
    c.fillText(this.words.crowd, this.plot + 6, floor - gap + 4, this.width - this.plot - 6);
    c.globalAlpha = 1;
  }

  // Accounts by liquidation price; what is left is solid, what was eaten is an outline.
  crowd(c, run) {
    const { bins, most, long, short } = run.crowd;
    const high = this.size.price / bins;
    const room = this.width - this.plot - 6;
    const moment = ((this.step + 1) / this.trace.steps) * run.slots;
    const slot = Math.min(Math.floor(moment), run.slots - 1);
    const part = Math.min(moment - slot, 1);
    for (let i = 0; i < bins; i++) {
      const total = long[i] + short[i];
      if (!total) continue;
      const then = slot > 0 ? run.eaten[(slot - 1) * bins + i] : 0;
      const gone = then + (run.eaten[slot * bins + i] - then) * part;
      const y = this.size.price - (i + 1) * high;
      const scale = room / most;
      c.globalAlpha = 0.25;
      c.fillStyle = this.ink;
      c.fillRect(this.plot + 6, y, total * scale, Math.max(high - 1, 1));
      c.globalAlpha = 1;
      const left = 1 - gone;
      c.fillStyle = this.paint.side.long;
      c.fillRect(this.plot + 6, y, long[i] * left * scale, Math.max(high - 1, 1));
      c.fillStyle = this.paint.side.short;
      c.fillRect(
        this.plot + 6 + long[i] * left * scale, y, short[i] * left * scale, Math.max(high - 1, 1),
      );
    }
  }

  figures(run, name, at) {
    this.words.numbers.forEach(([key, , kind], i) => {
      const value = key === "slippage_bp"
        ? (run.lines.filled[at] > 1 ? (1e4 * run.lines.slippage[at]) / run.lines.filled[at] : 0)
        : run.lines[key][at];
      const text = kind === "price" ? price(value) : kind === "bp" ? `${value.toFixed(0)} bp` : money(value);
      run.numbers[i].textContent = text;
    });
    this.paid.forEach(([key], i) => {
      const value = run.lines[key][at];
      run.paid[i][0].style.transform = `scaleX(${Math.max(value, 0) / this.most.paid})`;
      run.paid[i][1].textContent = money(value);
    });
  }

  tell(at = before(this.steps, this.step)) {
    const { limits } = this.runs[this.lane];
    const seconds = this.step * this.trace.dt;
    const step = ` · ${this.words.step} ${this.step.toLocaleString("en-US")}`;
    const where = clock(seconds) + step;
    const event = this.chosen() ? ` · ${this.words.event} ${this.event}` : "";
    this.output.replaceChildren(clock(seconds), el("span", {}, step), event);
    this.output.classList.toggle("chosen", event !== "");
    this.range.setAttribute("aria-valuetext", where + event);
    if (this.playing) return;
    for (const [name, run] of Object.entries(this.runs)) {
      const mark = price(run.lines.mark[at]);
      const gone = money(run.lines.liquidated_usd[at]);
      run.canvas.setAttribute(
        "aria-label",
        `${this.words.lanes[name]}, ${where}: ${this.words.mark} ${mark}, ${this.words.gone} ${gone}.`,
      );
    }
    this.root.querySelector(".next").disabled = limits.step.length === 0;
    this.root.querySelector(".previous").disabled = limits.step.length === 0;
  }
}

function brightness(colour) {
  const hex = colour.trim().replace("#", "");
  let parts;
  if (/^[0-9a-f]{3}$/i.test(hex)) parts = [...hex].map((x) => parseInt(x + x, 16));
  else if (/^[0-9a-f]{6}/i.test(hex)) parts = [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  else parts = (colour.match(/[\d.]+/g) || [255, 255, 255]).slice(0, 3).map(Number);
  return (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
}
function nice(x) {
  const ten = 10 ** Math.floor(Math.log10(x));
  return ten * ([1, 2, 5, 10].find((k) => k * ten >= x) || 10);
}
function percent(x) {
  const size = Math.abs(100 * x).toFixed(Math.abs(x) < 0.01 ? 2 : 1);
  return `${x < 0 && Number(size) ? "−" : ""}${size} %`; // no minus before zero
}

export default function (component) {
  const root = component.parentElement.querySelector(".ff");
  let timeline = instances.get(root);
  if (!timeline) {
    timeline = new Timeline(root);
    instances.set(root, timeline);
  }
  timeline.update(component);
  const theme = setInterval(() => {
    const paper = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
    if (paper && timeline.paper && paper !== timeline.paper) timeline.lay();
  }, 1000);
  return () => {
    clearInterval(theme);
    if (root.isConnected) return;
    timeline.stop();
    document.removeEventListener("forced-flow-seek", timeline.led);
    instances.delete(root);
  };
}
