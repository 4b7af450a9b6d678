"""What charts and tables are called, and what stands below them: one place, to be read through."""

# -- charts --------------------------------------------------------------------------------

ACCURACY = "Share of the same {} test problems that a model solves, with its 95% interval."
PUBLISHED = " Published: the base model under another prompt and grader."
PROGRESS = (
    "On {} to validate on. Tokens are guessed while a right solution is given "
    "(teacher-forced); problems are solved without it."
)
BEGAN_AT = " {} 0 is the model of {}, from whose weights this training began, not the base."
LOSS = "Loss on given right solutions, teacher-forced; lower is better."
REWARD = (
    "Share of a round's answers that earn the reward. They are sampled, and each round has other "
    "training problems, so this is no accuracy of the model."
)
AGREEMENT_TITLE = "Teacher-forced token accuracy during training"
AGREEMENT = "Share of given tokens guessed right; it says nothing about problems solved."
ERRORS_AXIS = "share of the wrong answers"
ERRORS = (
    "Shares of the wrong answers ({}), labelled by a program that is sometimes wrong. A share can "
    "grow because other kinds became rarer."
)
DIFFICULTY_AXIS = "accuracy minus that of all other problems"
DIFFICULTY_TITLE = "Kinds of problems against all others"
DIFFICULTY = (
    "Accuracy on problems of a kind minus the accuracy on all others, generated answers; left of "
    "0 is harder. Bars are intervals for each alone; with many kinds some differ by chance."
)
CATEGORIES = (
    "Share of right answers ({}). Bars are intervals for each share alone; with many categories "
    "some differ by chance."
)
DOTS_ALT = "Dot chart of {} by {}, {}; the table behind it gives every value."
FIRST_ROWS = " The first {} of {} are drawn."
SAMPLES_TITLE = "Right answers by the tokens spent on a problem"
SAMPLES_ALT = "Line chart of the share of problems answered right by tokens a problem: {}."
SAMPLES = (
    "Generated answers. Each point is a number of samples k (1, 2, 4, …); bars are 95% intervals "
    "for each point alone. pass@k is what a perfect chooser could reach, and no accuracy. The "
    "scale of tokens is logarithmic."
)

# -- charts of a leaderboard ---------------------------------------------------------------

RANKING_TITLE = "Accuracy of each model"
RANKING_ALT = "Dot chart of accuracy with intervals, from the best to the last: {}."
RANKING = (
    "Share of right answers to the same {} problems. Bars are 95% intervals for each model alone: "
    "two that overlap can still differ, because models are compared problem by problem."
)
LETTERS = " Models that share a letter cannot be told apart at 5%."
RUN_LOSS = (
    "Teacher-forced {} loss on given right solutions; lower is better. It says how training "
    "went, not how many problems are solved. Compare it only between runs that learn from, and "
    "are validated on, the same problems."
)
THINNED = " Long logs are thinned; the extremes stay."

# -- tables --------------------------------------------------------------------------------

TEACHER_FORCED = "Measured while a right solution is given (teacher-forced)"
BEFORE = "; before: the model of {}, from whose weights this training began"
MODELS = "Generated answers to the same problems (95% CI)"
OUTCOMES = "The same {}, before and after"
BESIDE = "What else was measured, the first of each"
ON_ANSWERS = "What was measured on the answers themselves"
FORMAT = "What a change in strict accuracy is made of"
TRAINING_TITLE = "All figures of the training"
BY_KIND = "Accuracy by kind of problem"
BEHIND = "Figures that the sentences rest on"
KINDS = "Kinds of errors, shares of the wrong answers"
MOVES = "Kinds of errors before and after (problems; rows: base, columns: tuned)"
GROUPS_CHANGED = (
    "Kinds of problems whose change differs from that of all other problems, of {} (p corrected "
    "for all of them, Benjamini–Hochberg)"
)
FORMS = "Forms of the answers to the same {} problems"
PAIRS = "Paired comparisons on the same problems (95% CI{})"
HOLM_DECIDES = "; the verdict goes by Holm's p, corrected for their number"
WITHOUT_INTERVAL = "{} (where no interval is given: {})"
