"""The stub's catalogue of models, as `GET …/ai/models/search` shows it."""

from collections.abc import Mapping, Sequence

from tests.stubs import hosted_models
from tests.stubs.faults import Fault, enveloped

_TASKS = {
    hosted_models.DETR: "Object Detection",
    hosted_models.RESNET: "Image Classification",
    hosted_models.GEMMA: "Text Generation",
    hosted_models.MOONDREAM: "Image-to-Text",
    hosted_models.LLAVA: "Image-to-Text",
    hosted_models.UFORM: "Image-to-Text",
    hosted_models.BGE: "Text Embeddings",
    hosted_models.BGE_M3: "Text Embeddings",
    hosted_models.BGE_LARGE: "Text Embeddings",
    hosted_models.BGE_SMALL: "Text Embeddings",
}


def catalogue(query: Mapping[str, Sequence[str]], retired: set[str]) -> Fault:
    """Return the models a query asks for; retired ones only on request."""
    searched = query.get("search", [""])[0]
    shows_retired = query.get("include_deprecated", ["false"])[0] == "true"
    result = [
        _entry(model, task, is_retired=model in retired)
        for model, task in _TASKS.items()
        if searched in model and (shows_retired or model not in retired)
    ]
    count = {"page": 1, "per_page": 50, "count": len(result)}
    return enveloped(
        200,
        {
            "result": result,
            "success": True,
            "errors": [],
            "messages": [],
            "result_info": {**count, "total_count": len(result)},
        },
    )


def _entry(model: str, task: str, *, is_retired: bool) -> dict[str, object]:
    properties = [{"property_id": "beta", "value": "true"}]
    if is_retired:
        date = {"property_id": "planned_deprecation_date", "value": "2026-05-30"}
        properties.append(date)
    return {
        "id": f"id of {model}",
        "source": 1,
        "name": model,
        "description": f"The stub's {model}",
        "task": {"id": f"id of {task}", "name": task, "description": task},
        "tags": [],
        "created_at": "2024-02-27 00:00:00.000",
        "properties": properties,
        **({"deprecated": True} if is_retired else {}),
    }
