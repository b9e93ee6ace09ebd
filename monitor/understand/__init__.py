"""Documents to signals: what happens, to whom, where, how sure, from when, and the words that say so."""

import os

# onnxruntime reports its use to its maker and keeps a device id in ~/.cache unless this stands before its first import.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
