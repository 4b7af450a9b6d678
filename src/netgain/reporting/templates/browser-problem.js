"use strict";
/** One problem on the page: the question, both answers, and where they go wrong. */
const netgainProblem = (() => {
  const {
    count, differences, el, foreign, paint, paintRaw, percent, stepPlaces, unixLines,
  } = netgainText;
  const MOST_TOKENS = 5000; // shown
  const OUTCOMES = {
    fixed: ["▲", "wrong before tuning, right after it"],
    broken: ["▼", "right before tuning, wrong after it"],
    "both right": ["✓", "right before and after tuning"],
    "both wrong": ["✗", "wrong before and after tuning"],
    right: ["✓", "only one model was asked"],
    wrong: ["✗", "only one model was asked"],
  };
  const MODELS = [["base", "Base", "◆"], ["tuned", "Tuned", "●"]];
  const ENDINGS = {
    stop: "ended by itself",
    length: "cut off at the token limit",
    error: "ended with an error",
  };

  /** Whether `netgain view` shows the problems: what it does not have was not stored. */
  const isServed = () => document.getElementById("browser").dataset.source === "served";
  const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
  const className = (words) => words.replace(/ /g, "-");

  /** The sign and the word of an outcome. */
  function outcome(name) {
    const [sign] = OUTCOMES[name];
    return el("span", { class: `outcome ${className(name)}` },
      el("span", { "aria-hidden": "true", class: "sign" }, sign), ` ${capital(name)}`);
  }

  function fact(name, ...value) {
    return el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  }

  /**
   * Fills `into` with a problem.
   * @param {Element} into
   * @param {{sample: Object, messages: string[][], tokens: Object|null}} found
   * @param {string} outcomeName
   * @param {{differences: boolean, prompt: boolean, raw: boolean, tokens: boolean}} views
   */
  function render(into, found, outcomeName, views) {
    const { sample } = found;
    const answers = MODELS.filter(([model]) => sample[model]);
    const both = answers.length === 2;
    const differing = both && views.differences
      ? differences(unixLines(sample.base.text), unixLines(sample.tuned.text))
      : null;
    const marks = differing && { base: differing.first, tuned: differing.second };
    into.replaceChildren(
      el("header", {},
        el("h3", { id: "problem-title", tabindex: "-1" }, "Problem ",
          foreign("span", sample.problem_id)),
        el("p", { class: "became" }, outcome(outcomeName), `: ${OUTCOMES[outcomeName][1]}`)),
      foreign("p", sample.question, { class: "question", "data-testid": "question" }),
      factsOf(sample),
      ...(views.prompt ? [prompt(found.messages)] : []),
      ...(views.differences ? [legend(both, marks)] : []),
      el("div", { class: both ? "solutions" : "solutions alone" },
        ...answers.map((names) => solution(names, found, marks, views))),
    );
  }

  function factsOf(sample) {
    const facts = [fact("Right answer", foreign("strong", sample.gold || "not a number"))];
    if (sample.category !== null) facts.push(fact("Category", foreign("span", sample.category)));
    if (sample.steps !== null) facts.push(fact("Steps of the reference", count(sample.steps)));
    const groups = sample.groups.filter((name) => !name.startsWith("steps of the reference"));
    if (groups.length) {
      const list = el("ul", { class: "groups" }, ...groups.map((name) => foreign("li", name)));
      facts.push(fact("Kind of problem", list));
    }
    return el("dl", { class: "about" }, ...facts);
  }

  function prompt(messages) {
    const section = el("section", { class: "prompt", "data-testid": "prompt" },
      el("h4", {}, "Prompt"));
    if (!messages.length) {
      section.append(el("p", {}, isServed()
        ? "These answers were stored without their prompt."
        : "The prompt is not in this page."));
    }
    for (const [role, text] of messages) {
      section.append(el("h5", {}, foreign("span", role || "raw text")), foreign("pre", text));
    }
    return section;
  }

  function legend(both, marks) {
    let words = "Marked: words that only one of the two answers has.";
    if (!both) words = "Only one model answered, so there is nothing to compare.";
    else if (!marks) words = "These answers are too long to be compared word by word.";
    else if (!marks.base.length && !marks.tuned.length) {
      words = "Both answers have the same words.";
    }
    return el("p", { class: "legend", "data-testid": "legend" }, words);
  }

  /** One model's answer. */
  function solution([model, title, sign], { sample, tokens }, marks, views) {
    const answer = sample[model];
    const verdict = answer.correct ? "right" : "wrong";
    const text = unixLines(answer.text);
    const steps = answer.diagnosis ? answer.diagnosis.steps : [];
    const places = stepPlaces(text, steps);
    return el("article", { class: `solution ${model}`, "data-testid": `answer-${model}` },
      el("h4", {}, el("span", { class: `sign ${model}`, "aria-hidden": "true" }, sign),
        ` ${title} `, el("span", { class: `verdict ${verdict}` },
          el("span", { "aria-hidden": "true" }, answer.correct ? "✓ " : "✗ "), verdict)),
      ending(answer),
      ...(answer.diagnosis ? [diagnosis(answer.diagnosis)] : []),
      views.raw
        ? body(answer.text, null)
        : body(text, rangesOf(answer, places, text, marks && marks[model])),
      ...(steps.length ? [stepList(answer.diagnosis, places)] : []),
      ...(views.tokens ? [tokenList(tokens && tokens[model])] : []));
  }

  function ending(answer) {
    const found = answer.extracted === null
      ? ["No answer found"]
      : ["Answer found: ", foreign("strong", answer.extracted)];
    const form = answer.correct && !answer.strict ? "; right, but not in the strict form" : "";
    const length = `${count(answer.completion_tokens)} token${answer.completion_tokens === 1 ? "" : "s"}`;
    return el("p", { class: "aside", "data-testid": "ending" }, ...found,
      `; ${ENDINGS[answer.finish_reason] || answer.finish_reason}; ${length}${form}.`);
  }

  /** Where and how it goes wrong, in words. */
  function diagnosis(found) {
    const kind = found.error_kind.replace(/_/g, " ");
    const evidence = `${capital(found.evidence.replace(/\.$/, ""))}.`;
    const words = el("p", { class: "diagnosis", "data-testid": "diagnosis" });
    if (found.first_error >= 0) {
      const which = `${found.first_error + 1} of ${found.steps.length}`;
      words.append(el("strong", {}, `✗ First wrong step: ${which}`),
        ` (confidence ${percent(found.confidence)}); `);
    }
    words.append(el("strong", {}, found.first_error < 0 ? capital(kind) : kind), ". ",
      foreign("span", evidence));
    return words;
  }

  /** What is marked in an answer's text: the first wrong step, false equations, differences. */
  function rangesOf(answer, places, text, differing) {
    const ranges = (differing || []).map((range) => ({ ...range, name: "differs" }));
    const found = answer.diagnosis;
    const wrong = found && places[found.first_error];
    if (wrong) ranges.push({ ...wrong, name: "wrong-step" });
    for (const { step, text: written, holds } of found ? found.equations : []) {
      const place = holds === false && places[step];
      const at = place ? text.slice(place.start, place.end).indexOf(written) : -1;
      if (at >= 0 && written) {
        const start = place.start + at;
        ranges.push({ start, end: start + written.length, name: "false-equation" });
      }
    }
    return ranges;
  }

  const FLAGS = { "wrong-step": "✗ first wrong step", "false-equation": "≠ false" };

  function flag(name) {
    return FLAGS[name] ? el("span", { class: `flag ${name}` }, FLAGS[name]) : null;
  }

  /** The answer's text; raw where there are no ranges. */
  function body(text, ranges) {
    const shown = el("pre", {
      class: ranges ? "text foreign" : "text foreign raw", dir: "auto", "data-testid": "text",
    });
    if (!text) shown.append(el("em", {}, "(empty)"));
    else if (ranges) paint(shown, text, ranges, flag);
    else paintRaw(shown, text);
    return shown;
  }

  /** The steps the text was cut into; open where the wrong one could not be marked in the text. */
  function stepList(found, places) {
    const items = found.steps.map((step, i) => {
      const item = el("li", { class: "foreign", dir: "auto" });
      const equations = found.equations.filter((e) => e.step === i && e.holds === false);
      const ranges = equations.map((e) => ({ at: step.indexOf(e.text), length: e.text.length }))
        .filter(({ at, length }) => at >= 0 && length)
        .map(({ at, length }) => ({ start: at, end: at + length, name: "false-equation" }));
      if (i === found.first_error) {
        item.classList.add("wrong-step");
        item.append(flag("wrong-step"));
      }
      paint(item, step, ranges, flag);
      return item;
    });
    const list = el("details", { class: "steps", "data-testid": "steps" },
      el("summary", {}, `${count(items.length)} step${items.length === 1 ? "" : "s"}`),
      el("ol", {}, ...items));
    list.open = found.first_error >= 0 && !places[found.first_error];
    return list;
  }

  function tokenList(tokens) {
    const section = el("section", { class: "tokens", "data-testid": "tokens" },
      el("h5", {}, "Tokens"));
    if (!tokens) {
      section.append(el("p", { class: "aside" }, isServed()
        ? "These answers were stored without token ids."
        : "Token ids are not in a report: where they were kept, they are in the Parquet files, and "
          + "netgain view RUN_DIR shows them."));
      return section;
    }
    const all = tokens.ids.length;
    if (all > MOST_TOKENS) {
      section.append(el("p", { class: "aside" },
        `The first ${count(MOST_TOKENS)} of ${count(all)}; the Parquet files have all.`));
    }
    const items = tokens.ids.slice(0, MOST_TOKENS).map((id, i) => {
      const item = el("li", {});
      if (tokens.pieces) {
        const piece = el("span", { class: "piece foreign", dir: "auto" });
        paintRaw(piece, tokens.pieces[i]);
        item.append(piece);
      }
      item.append(el("span", { class: "id" }, String(id)));
      return item;
    });
    section.append(el("ol", {}, ...items));
    return section;
  }

  return { outcome, render };
})();
