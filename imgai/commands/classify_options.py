"""The options of `imgai classify`, grouped as its help shows them."""

from typing import Annotated

import typer

from imgai.commands.options import OUTPUT, number

WHAT = "What"
MODELS = "Models"
MONEY = "Money and limits"
MACHINES = "Machines"

Sources = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SOURCE...",
        help="A file, a folder, r2://bucket\\[/prefix], or - for a list on stdin.",
        show_default=False,
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Only these.", rich_help_panel=WHAT),
]
Exclude = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Not these.", rich_help_panel=WHAT),
]
Limit = Annotated[
    int | None,
    typer.Option(min=0, help="At most so many images.", rich_help_panel=WHAT),
]
Shard = Annotated[
    str | None,
    typer.Option(
        metavar="I/N",
        help="A stable Nth of the source, the Ith of 1 to N. It keeps to an Nth of"
        " IMGAI_DAILY_BUDGET, and of the documented limits unless"
        " AI_REQUESTS_PER_MINUTE is set; --budget is its own.",
        rich_help_panel=WHAT,
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed",
        help="Only what failed before; SOURCE may be left out.",
        rich_help_panel=WHAT,
    ),
]
Reanalyze = Annotated[
    bool,
    typer.Option(
        "--reanalyze",
        help="Ask again where the answer is older than the cooldown.",
        rich_help_panel=WHAT,
    ),
]
Force = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Ask about every picture again; interrupted, it goes on.",
        rich_help_panel=WHAT,
    ),
]
Cooldown = Annotated[
    str | None,
    typer.Option(
        metavar="28d",
        help="Age from which --reanalyze asks \\[AI_REANALYSIS_COOLDOWN_DAYS].",
        rich_help_panel=WHAT,
    ),
]
MarkGone = Annotated[
    bool,
    typer.Option(
        "--mark-gone",
        help="The source has lost most of its images, and that is meant.",
        rich_help_panel=WHAT,
    ),
]
Backend = Annotated[
    str,
    typer.Option(
        metavar="auto|workers-ai|local",
        help="Where the models run.",
        rich_help_panel=MODELS,
    ),
]
Captions = Annotated[
    bool | None,
    typer.Option(
        "--captions/--no-captions",
        help="\\[ENABLE_AI_CAPTIONS]",
        rich_help_panel=MODELS,
        show_default=False,
    ),
]
Embeddings = Annotated[
    bool | None,
    typer.Option(
        "--embeddings/--no-embeddings",
        help="\\[ENABLE_VECTORIZE]",
        rich_help_panel=MODELS,
        show_default=False,
    ),
]
Nsfw = Annotated[
    bool | None,
    typer.Option(
        "--nsfw/--no-nsfw",
        help="Score with the local NSFW model \\[ENABLE_AI_NSFW_DETECTION].",
        rich_help_panel=MODELS,
        show_default=False,
    ),
]
Width = Annotated[
    int | None,
    typer.Option(
        min=32,
        max=4096,
        help="Of the copy that models see, px \\[AI_IMAGE_DOWNSCALE_WIDTH].",
        rich_help_panel=MODELS,
    ),
]
MaxLabels = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        help="Kept per picture \\[AI_MAX_LABELS].",
        rich_help_panel=MODELS,
    ),
]
MinScore = Annotated[
    float | None,
    typer.Option(
        min=0.0,
        max=1.0,
        callback=number,
        help="Labels below it are left out \\[AI_MIN_CLASSIFICATION_SCORE].",
        rich_help_panel=MODELS,
    ),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        max=3600,
        callback=number,
        help="Deadline of one model call, seconds \\[AI_PROCESSING_TIMEOUT_MS].",
        rich_help_panel=MODELS,
    ),
]
Gateway = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Ask through this AI Gateway \\[CLOUDFLARE_AI_GATEWAY].",
        rich_help_panel=MODELS,
    ),
]
Budget = Annotated[
    str | None,
    typer.Option(
        metavar="0.50|5000n",
        help="Dollars or neurons that this run may spend.",
        rich_help_panel=MONEY,
    ),
]
TimeLimit = Annotated[
    str | None,
    typer.Option(metavar="2h", help="Stop after so long.", rich_help_panel=MONEY),
]
MaxFailureRate = Annotated[
    str | None,
    typer.Option(
        metavar="5%",
        help="Stop when more fail; looked at after 50 images.",
        rich_help_panel=MONEY,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1024,
        help="Images in flight \\[AI_BATCH_SIZE].",
        rich_help_panel=MONEY,
    ),
]
Wait = Annotated[
    bool,
    typer.Option(
        "--wait",
        help="Wait while another classify holds the database.",
        rich_help_panel=MONEY,
    ),
]
ShowAll = Annotated[
    bool,
    typer.Option(
        "--all",
        help="With --json, also the images that were known.",
        rich_help_panel=OUTPUT,
    ),
]
Yes = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask before a run that may cost more than $1.",
        rich_help_panel=MONEY,
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        metavar="local|ray",
        help="What fetches, prepares and asks: this process, or a Ray cluster.",
        rich_help_panel=MACHINES,
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Of the cluster \\[RAY_ADDRESS, or one of this machine alone].",
        rich_help_panel=MACHINES,
        show_default=False,
    ),
]
DryRun = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Say what would be asked and what it costs at most; ask nothing.",
        rich_help_panel=MONEY,
    ),
]
