// Who works by keyboard keeps their place. A page that is drawn anew may take away the very control
// that the keys were on, and the browser then starts again at the top. Here the same control is
// given back where there is one, else the heading under which it stood. Who uses a mouse or a finger is
// left alone.

const EVERY = 100; // [ms]
const REST = 400; // [ms] for which a page has to be complete before a control counts as gone
const MAIN = "[data-testid=stMain]";
const BUSY = "[data-testid=stStatusWidget], [data-stale=true]";
const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"].map((tag) => `${MAIN} ${tag}`).join();

const FIELDS = "input:not([type=radio], [type=checkbox], [type=range]), textarea";

const usable = (node) => node.isConnected && !node.disabled && node.getClientRects().length > 0;

// The keys that the app gave to a control and to what holds it, the nearest first, and which of the
// same kind it is in each.
function keys(node) {
  const found = [];
  for (let up = node.closest("[class*=st-key-]"); up; up = up.parentElement.closest("[class*=st-key-]")) {
    const key = [...up.classList].find((name) => name.startsWith("st-key-"));
    found.push({ key, number: [...up.querySelectorAll(node.tagName)].indexOf(node) });
  }
  return found;
}

class Place {
  constructor() {
    this.last = null; // the control that had the keys
    this.gone = 0; // [ms] for which it has not been there
    this.walks = false; // whether keys lead through the page, and do not only fill a field
    addEventListener("keydown", (event) => this.typed(event), true);
    addEventListener("pointerdown", () => this.touched(), true);
    addEventListener("focusin", (event) => this.note(event.target), true);
  }

  typed({ key, target }) {
    this.key = key;
    this.walks ||= key === "Tab" || !target.matches?.(FIELDS);
    this.timer ??= setInterval(() => this.look(), EVERY);
  }

  touched() {
    clearInterval(this.timer);
    this.timer = undefined;
    this.walks = false;
  }

  note(node) {
    const inside = node.closest(MAIN);
    const above = [...document.querySelectorAll(HEADINGS)].filter(
      (heading) => heading.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    this.last = {
      node,
      names: keys(node),
      heading: inside ? above.at(-1) : null,
      // A list, a menu or a cell's field lies over the page: behind it is what opened it.
      behind: inside || !this.last ? null : (this.last.behind ?? this.last),
    };
  }

  look() {
    const { last } = this;
    if (!last || (document.activeElement && document.activeElement !== document.body)) {
      this.gone = 0;
      return;
    }
    if (this.key === "Tab" && usable(last.node)) return; // past the last control: on purpose
    const found = this.again(last) ?? (last.behind && this.again(last.behind));
    if (found) {
      found.focus();
      return;
    }
    // A control that is only switched off keeps its place in the order.
    if (last.node.isConnected) return;
    this.gone = document.querySelector(BUSY) ? 0 : this.gone + EVERY;
    if (this.gone < REST) return;
    const heading = last.heading?.isConnected ? last.heading : document.querySelector(HEADINGS);
    heading?.setAttribute("tabindex", "-1");
    heading?.toggleAttribute("data-quiet", !this.walks); // a phone's keys: nothing to be shown
    (heading ?? document.querySelector(MAIN))?.focus();
  }

  // The control itself, or the one that stands for it now.
  again({ node, names }) {
    const now = names.map(({ key, number }) =>
      document.querySelectorAll(`.${CSS.escape(key)} ${node.tagName}`)[number]);
    return [node, ...now].find((one) => one && usable(one));
  }
}

export default function () {
  document.forcedFlowPlace ??= new Place();
}
