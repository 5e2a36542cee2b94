"""Windows of time over streamed datasets: records to windows by event time, windows to signs, with their history.

`reading` is what pages ask; `step` takes in what waits. Landing, conformance and quarantine are `lake.ingest`'s.
"""
