"""A Gradio demo in a FastAPI app: a function, one that goes on in steps, and a file."""

from __future__ import annotations

import time
from collections.abc import Iterator

import gradio as gr
from fastapi import FastAPI


def greet(name: str) -> str:
    return f"Hello {name}!"


def count(to: float) -> Iterator[str]:
    for number in range(int(to)):
        yield str(number)
        time.sleep(0.02)


def size(path: str) -> int:
    with open(path, "rb") as file:  # noqa: PTH123
        return len(file.read())


with gr.Blocks() as demo:
    name, greeting = gr.Textbox(label="Name"), gr.Textbox(label="Greeting")
    gr.Button("Greet").click(greet, name, greeting, api_name="greet")
    to, number = gr.Number(label="To"), gr.Textbox(label="Number")
    gr.Button("Count").click(count, to, number, api_name="count")
    file, length = gr.File(label="File", type="filepath"), gr.Number(label="Size")
    gr.Button("Size").click(size, file, length, api_name="size")

app = gr.mount_gradio_app(FastAPI(title="Demo"), demo, path="/")
