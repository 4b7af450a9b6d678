"""The vocabulary: every record that flows through netgain.

Frozen dataclasses on plain data; nothing of ours is imported but each other. Numbers reach a reader
only as a `Metric`, which names its kind and refuses to call a teacher-forced number accuracy.
"""

from netgain.records.answers import (
    CheckedEquation,
    ChoiceScores,
    Diagnosis,
    Ending,
    ErrorKind,
    EvaluationSummary,
    FinishReason,
    Form,
    Generation,
    Grade,
    Problem,
    Prompt,
)
from netgain.records.comparison import (
    Changes,
    Comparison,
    FormatSkill,
    GroupChange,
    GroupVerdict,
    Verdict,
)
from netgain.records.figures import (
    ACCURACY_KINDS,
    TEACHER_FORCED_NAMES,
    Estimate,
    Metric,
    MetricKind,
    Share,
)
from netgain.records.findings import (
    Advice,
    AdviceKind,
    Concern,
    Findings,
    ModelFigures,
    Severity,
)
from netgain.records.further import (
    CurvePoint,
    FurtherCell,
    FurtherCurve,
    FurtherKind,
    FurtherResult,
    FurtherTable,
)
from netgain.records.leaderboard import (
    ComparedRun,
    Leaderboard,
    LeftOut,
    ModelAgreement,
    ModelRole,
    Overlap,
    RankedModel,
    RunCurve,
    SeedSpread,
    SettingDifference,
    SolvedByOne,
)
from netgain.records.problems import (
    AnswerForm,
    Difficulty,
    ErrorsFound,
    FormChange,
    GroupAccuracy,
    UnusualAnswer,
    UnusualAnswers,
)
from netgain.records.prompts_tried import PromptCheck, PromptTried
from netgain.records.publication import HubData, Publication, PublishedResult
from netgain.records.samples import (
    LEFT_OUT,
    QUESTION_MARK,
    Outcome,
    Sample,
    SampleAnswer,
    Samples,
    Stratum,
    outcome_of,
)
from netgain.records.training import (
    Forecast,
    Outlook,
    TrainingLog,
    TrainingPoint,
)
