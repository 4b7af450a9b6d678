"use strict";
// Makes the drawings of a page move: a figure's still picture is replaced when it comes into view.
(() => {
  const LEAST_LABEL = 132; // px; the longest feature's name, on a phone
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;

  /** What the page holds packed under a name, as text. */
  async function unpacked(id) {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(text).text();
  }

  /** The chart library, which runs once something is to be drawn, and all that it draws. */
  let held = null;
  async function library() {
    const [source, specs] = await Promise.all([unpacked("chart-library"), unpacked("chart-data")]);
    const script = document.createElement("script");
    script.textContent = source;
    document.body.append(script);
    return { embed: window.netgainEmbed, charts: JSON.parse(specs) };
  }

  /** A button that says its state, if it has one. */
  function button(words, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", () => act(made));
    return made;
  }

  /** Shows what a mark stands for; `value` is a record of words, or nothing. */
  function showTip(_, event, __, value) {
    if (!value || typeof value !== "object") {
      tip.hidden = true;
      return;
    }
    const list = document.createElement("dl");
    for (const [what, words] of Object.entries(value)) {
      if (words === "" || words === null || words === undefined) continue;
      const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
      dt.textContent = what;
      dd.textContent = String(words);
      list.append(dt, dd);
    }
    tip.replaceChildren(list);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - box.width - 8);
    const below = event.clientY + 18 + box.height < innerHeight;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${below ? event.clientY + 18 : Math.max(8, event.clientY - 12 - box.height)}px`;
  }

  /** Buttons that hide and show parts of a chart; at least one part stays. */
  function toggles(view, names) {
    const shown = new Set(names);
    return names.map((name) => {
      const made = button(name, (self) => {
        if (shown.has(name) && shown.size > 1) shown.delete(name);
        else shown.add(name);
        self.setAttribute("aria-pressed", String(shown.has(name)));
        view.signal("shown", names.filter((n) => shown.has(n))).runAsync();
      });
      made.setAttribute("aria-pressed", "true");
      made.dataset.series = name;
      return made;
    });
  }

  /** Buttons for the horizontal scale; dragging the chart moves it. */
  function zooming(view, field) {
    const signal = `zoom_${field}`;
    const scaled = (factor) => () => {
      const log = view.scale("x").type === "log";
      const [a, b] = view.scale("x").domain().map((v) => (log ? Math.log(v) : Number(v)));
      const [middle, half] = [(a + b) / 2, ((b - a) / 2) * factor];
      const ends = [middle - half, middle + half];
      view.signal(signal, log ? ends.map(Math.exp) : ends).runAsync();
    };
    const reset = button("Reset", () => view.signal(signal, null).runAsync());
    reset.disabled = true;
    view.addSignalListener(signal, (_, value) => {
      reset.disabled = !value;
    });
    return [button("Zoom in", scaled(0.5)), button("Zoom out", scaled(2)), reset];
  }

  /** Puts the buttons of a chart above it. */
  function tools(figure, view, { toggles: names, zoom }) {
    const made = [
      ...(names.length > 1 ? toggles(view, names) : []),
      ...(zoom ? zooming(view, zoom) : []),
    ];
    if (!made.length) return;
    const bar = document.createElement("div");
    bar.className = "tools";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", `Chart: ${figure.querySelector("h3").textContent}`);
    bar.append(...made);
    if (zoom) {
      const hint = document.createElement("span");
      hint.className = "hint";
      hint.textContent = "drag to move, Ctrl and wheel to zoom";
      bar.append(hint);
    }
    figure.querySelector(".live").before(bar);
  }

  /** Draws a figure anew; where that fails, its still picture stays. */
  async function draw(figure) {
    const still = figure.querySelector(".still svg");
    const live = document.createElement("div");
    live.className = "drawing live";
    try {
      held = held || library();
      const { embed, charts } = await held;
      const data = charts[figure.dataset.chart];
      data.spec.width = figure.clientWidth;
      data.spec.config.axisY.labelLimit = Math.max(LEAST_LABEL, Math.floor(figure.clientWidth * 0.4));
      figure.querySelector("figcaption").before(live);
      const { view } = await embed(live, data.spec, {
        mode: "vega",
        ast: true,
        actions: false,
        renderer: "svg",
        defaultStyle: false,
        tooltip: showTip,
      });
      // One name on the whole, in place of the library's "Vega visualization"; its parts have none.
      live.setAttribute("role", "img");
      live.setAttribute("aria-label", still.getAttribute("aria-label"));
      live.removeAttribute("aria-roledescription");
      live.querySelector("svg").setAttribute("aria-hidden", "true");
      figure.classList.add("moves");
      tools(figure, view, data);
      new ResizeObserver(() => {
        const width = figure.clientWidth;
        if (width && width !== view.width()) view.width(width).runAsync();
      }).observe(figure);
    } catch (failed) {
      live.remove();
      console.error(`The chart ${figure.dataset.chart} stays a picture:`, failed);
    }
  }

  document.body.append(tip);
  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      draw(target);
    }
  }, { rootMargin: "200px" });
  for (const figure of document.querySelectorAll("figure[data-chart]")) seen.observe(figure);
})();
