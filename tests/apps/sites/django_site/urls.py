"""Its views: a form with CSRF, an upload to a file, streams of both kinds, the admin."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template import engines
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

PAGE = """<!doctype html><form method="post" enctype="multipart/form-data">{% csrf_token %}
{{ form.as_p }}<button>Send</button></form>"""


class TeaForm(forms.Form):
    """A name and a picture."""

    name = forms.CharField(max_length=20)
    picture = forms.FileField()


def home(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "path": request.path,
            "path_info": request.path_info,
            "url": request.build_absolute_uri(),
            "query": dict(request.GET.lists()),
            "link": reverse("tea", args=["ü"]),
            "cookies": request.COOKIES,
        }
    )


def tea(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(f"Tea {name}")


def form(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        filled = TeaForm(request.POST, request.FILES)
        if filled.is_valid():
            return redirect("tea", filled.cleaned_data["name"])
    else:
        filled = TeaForm()
    template = engines["django"].from_string(PAGE)
    return HttpResponse(template.render({"form": filled}, request))


@csrf_exempt
def upload(request: HttpRequest) -> JsonResponse:
    digest, size = hashlib.sha256(), 0
    for chunk in request.FILES["file"].chunks():  # type: ignore[union-attr]
        digest.update(chunk)
        size += len(chunk)
    return JsonResponse({"size": size, "sha256": digest.hexdigest()})


@csrf_exempt
async def body(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"size": len(request.body), "method": request.method})


def lines(request: HttpRequest) -> StreamingHttpResponse:
    def made() -> Iterator[str]:
        for number in range(200):
            yield f"line {number} ä\n"

    return StreamingHttpResponse(made(), content_type="text/plain; charset=utf-8")


async def later(request: HttpRequest) -> StreamingHttpResponse:
    async def made() -> AsyncIterator[str]:
        for number in range(5):
            yield f"data: {number}\n\n"
            await asyncio.sleep(0.01)

    return StreamingHttpResponse(made(), content_type="text/event-stream")


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret")


urlpatterns: list[Any] = [
    path("", home),
    path("tea/<str:name>/", tea, name="tea"),
    path("form/", form),
    path("upload/", upload),
    path("body/", body),
    path("lines/", lines),
    path("later/", later),
    path("fail/", fail),
    path("admin/", admin.site.urls),
]
