"""An app under uvicorn and on iii: uvicorn attached:app"""

from wrapped import app as shop

from iii_asgi import attach

app = attach(shop)
