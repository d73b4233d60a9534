"""What the original server's storage did per report: one connection that all requests take turns on, four statements
and a commit, with the journal and the durability that Python's sqlite3 begins with.

    python3 original.py FILE SENDERS REPORTS

Prints reports per second.
"""
import asyncio
import sqlite3
import sys
import time
from datetime import datetime

SCHEMA = """
CREATE TABLE claude_identities (name TEXT PRIMARY KEY, model TEXT, cost_multiplier REAL, active INTEGER);
CREATE TABLE resource_share_increments (
  id INTEGER PRIMARY KEY AUTOINCREMENT, claude_name TEXT NOT NULL, timestamp TEXT NOT NULL, mode TEXT NOT NULL,
  cache_read_increment INTEGER NOT NULL, context_percentage REAL, weighted_cost REAL, recommended_interval INTEGER,
  cost_delta REAL, normalized_usage REAL);
CREATE INDEX increments_by_time ON resource_share_increments (claude_name, timestamp);
CREATE TABLE daily_resource_share (
  id INTEGER PRIMARY KEY AUTOINCREMENT, claude_name TEXT NOT NULL, date TEXT NOT NULL, autonomous_tokens INTEGER,
  collaborative_tokens INTEGER, total_tokens INTEGER, last_updated TEXT, UNIQUE (claude_name, date));
"""


def record(db, number):
    name = f"Agent-{number % 10}"
    now = datetime.now().isoformat()
    cost = 0.0125
    row = db.execute("SELECT cost_multiplier FROM claude_identities WHERE name = ?", (name,)).fetchone()
    multiplier = row[0] if row else 3.0
    inserted = db.execute(
        "INSERT INTO resource_share_increments (claude_name, timestamp, mode, cache_read_increment, context_percentage,"
        " weighted_cost, cost_delta, normalized_usage) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (name, now, "autonomy", 0, 41.5, cost * 1000, cost, cost * 1000 / multiplier),
    )
    tokens = int(cost * 1000)
    db.execute(
        "INSERT INTO daily_resource_share (claude_name, date, autonomous_tokens, collaborative_tokens, total_tokens,"
        " last_updated) VALUES (?, ?, ?, 0, ?, ?) ON CONFLICT (claude_name, date) DO UPDATE SET"
        " autonomous_tokens = autonomous_tokens + excluded.autonomous_tokens,"
        " total_tokens = total_tokens + excluded.total_tokens, last_updated = excluded.last_updated",
        (name, now[:10], tokens, tokens, now),
    )
    db.execute(
        "UPDATE resource_share_increments SET recommended_interval = ? WHERE id = ?", (900, inserted.lastrowid)
    )
    db.commit()


async def sender(db, reports):
    for number in reports:
        record(db, number)
        await asyncio.sleep(0)


async def main(file, senders, count):
    db = sqlite3.connect(file)
    db.executescript(SCHEMA)
    db.executemany("INSERT INTO claude_identities VALUES (?, 'sonnet', 3.0, 1)", [(f"Agent-{i}",) for i in range(10)])
    db.commit()
    started = time.perf_counter()
    reports = iter(range(count))
    await asyncio.gather(*(sender(db, reports) for _ in range(senders)))
    print(count / (time.perf_counter() - started))


asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
