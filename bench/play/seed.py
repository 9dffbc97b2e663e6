# seed.py - so many accounts and titles, written straight into the tables of either engine, and the files that Play reads.
# No password is hashed: sessions are rows, and their tokens are made of their number.
import base64, hashlib, json, os, pathlib, sqlite3, subprocess, time

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def ident(kind, n):
    """A ULID of its own for every kind and number."""
    v, out = int.from_bytes(hashlib.blake2s(f"{kind}{n}".encode(), digest_size=10).digest(), "big") | (1_700_000_000_000 + n) << 80, ""
    for _ in range(26):
        v, digit = divmod(v, 32)
        out = ALPHABET[digit] + out
    return out


def token(n):
    return base64.urlsafe_b64encode(hashlib.sha256(f"bench session {n}".encode()).digest()).decode().rstrip("=")


def description(asset, n):
    video = [("v1", 426, 240, "sd"), ("v2", 640, 360, "sd"), ("v3", 854, 480, "sd"), ("v4", 1280, 720, "hd"), ("v5", 1920, 1080, "hd")]
    kid = lambda c: hashlib.md5(f"{asset}{c}".encode()).hexdigest()
    d = {"timescale": 12800, "duration": 12800 * 5400, "lang": "und", "role": "main", "label": ""}
    tracks = [{**d, "name": name, "kind": "video", "codec": f"avc1.6400{20 + i}", "bandwidth": 400000 << i, "peak_bandwidth": 500000 << i,
               "width": w, "height": h, "fps": [25, 1], "key_class": c, "kid": kid(c)} for i, (name, w, h, c) in enumerate(video)]
    tracks += [{**d, "name": f"a{i + 1}", "kind": "audio", "codec": "mp4a.40.2", "lang": lang, "label": lang, "default": i == 0, "bandwidth": 128000,
                "peak_bandwidth": 130000, "channels": 2, "sample_rate": 48000, "key_class": "audio", "kid": kid("audio")} for i, lang in enumerate(("en", "de"))]
    tracks += [{**d, "name": "t1", "kind": "text", "codec": "wvtt", "lang": "en", "label": "English"},
               {**d, "name": "i1", "kind": "image", "codec": "", "tile_cols": 5, "tile_rows": 5, "tile_width": 160, "tile_height": 90, "tile_every": 128000}]
    return {"id": asset, "revision": 1, "scheme": "cbcs", "duration_ms": 5_400_000, "tracks": tracks}


PLANS = 3


def catalogue_rows(n, now):
    for p in range(PLANS):
        yield "plan", (ident("plan", p), f"plan-{p}", f"Plan {p}", p, 1, 2 + p, 0, 0, 0, 0, now, now)
        yield "plan_price", (ident("price", p), ident("plan", p), 1, "EUR", "", 799 + 400 * p, 0, 1, now)
        yield "offer", (ident("offer", p), "plan", f"Plan {p}", ident("plan", p), 0, 0, 0, 1, 0, 0, now)
    for i in range(n):
        t, v, a = ident("title", i), ident("version", i), ident("asset", i)
        d = description(a, i)
        yield "title", (t, f"title-{i}", "en", 2000 + i % 25, 1, now + i, now + i, f"title {i}\n", now, now, 12, 2, f"title {i}")
        for lang in ("en", "de"):
            yield "title_text", (t, lang, f"Title {i} ({lang})", "What happens in it, in a sentence or two, as people read it before they choose. " * 2)
        yield "version", (v, t, "main", a, now)
        yield "asset", (a, v, "ready", 1, d["duration_ms"], 1080, 2, "", now, now)
        for k in d["tracks"]:
            kind = ("video", "audio", "text", "image").index(k["kind"])
            yield "asset_track", (ident(f"track{k['name']}", i), a, k["name"], kind, k["codec"], k["lang"], "main", k["label"], int(k.get("default", False)),
                                  k.get("bandwidth", 0), k.get("width", 0), k.get("height", 0), k.get("channels", 0))
        for kind in (0, 1):
            for w in (240, 480, 960):
                yield "artwork", (t, kind, w, w * 3 // 2, f"{t}-{kind}-{w}.jpg", 0x334455)
        for p in range(PLANS):
            yield "offer_title", (ident("offer", p), t)


def people_rows(n, n_titles, now):
    later = now + 30 * 86_400_000
    for i in range(n):
        a, p, d, s = (ident(k, i) for k in ("account", "profile", "device", "session"))
        yield "account", (a, f"viewer-{i}@example.org", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$bm9ib2R5IHNpZ25zIGluIGhlcmUgaW4gdGhpcyBiZW5jaA", 1, now, now)
        yield "profile", (p, a, "Viewer", "en", now)
        yield "device", (d, a, "web", "Bench", now, now, now)
        yield "session", (s, hashlib.sha256(token(i).encode()).hexdigest(), a, p, d, now, now, later)
        yield "subscription", (ident("sub", i), a, ident("plan", i % PLANS), ident("price", i % PLANS), "active", "test", None, now, 0, now, later,
                               799, None, None, 0, 0, 0, 0, now, 0)
        yield "progress", (p, ident("title", i * 7919 % n_titles), a, ident("playback", i), 600_000, 5_400_000, "paused", now, now, now, 1, None, 1)


COLUMNS = {
    "account": "id, email, password_hash, roles, created_at, password_at", "profile": "id, account_id, name, lang, created_at",
    "device": "id, account_id, kind, name, created_at, last_seen_at, played_at",
    "session": "id, token_hash, account_id, profile_id, device_id, created_at, last_seen_at, expires_at",
    "subscription": "id, account_id, plan_id, price_id, state, gateway, store_ref, anchor_at, anchor_months, period_start_at, period_end_at, rate_minor, "
                    "next_price_id, redemption_id, attempts, next_at, grace_until_at, resume_at, created_at, ended_at",
    "progress": "profile_id, title_id, account_id, playback_id, position_ms, duration_ms, state, updated_at, client_at, viewed_at, seq, watched_at, version",
    "plan": "id, slug, name, level, active, streams, devices, max_height, downloads, ads, created_at, updated_at",
    "plan_price": "id, plan_id, months, currency, country, amount_minor, trial_days, active, created_at",
    "offer": "id, kind, name, plan_id, all_titles, start_days, finish_hours, active, from_at, until_at, created_at",
    "title": "id, slug, lang, year, published, published_at, listed_at, search, created_at, updated_at, maturity, shown, sort_key",
    "title_text": "title_id, lang, name, synopsis", "version": "id, title_id, kind, asset_id, created_at",
    "asset": "id, version_id, state, revision, duration_ms, max_height, scheme, description, created_at, ready_at",
    "asset_track": "id, asset_id, name, kind, codec, lang, role, label, is_default, bandwidth, width, height, channels",
    "artwork": "title_id, kind, width, height, name, color", "offer_title": "offer_id, title_id",
}


def by_table(rows):
    tables = {}
    for table, row in rows:
        tables.setdefault(table, []).append(row)
    return tables


def sqlite_write(data, tables):
    for file, of_it in (("main", lambda t: t != "progress"), ("viewing", lambda t: t == "progress")):
        db = sqlite3.connect(data / f"db/{file}.db")
        for table, rows in tables.items():
            if of_it(table):
                db.executemany(f"INSERT INTO {table} ({COLUMNS[table]}) VALUES ({','.join('?' * len(rows[0]))})", rows)
        db.commit()
        db.execute("PRAGMA optimize")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()


def postgres_write(psql, tables):
    """One transaction of COPYs; psql: its command line."""
    text = ["BEGIN;\n"]
    for table, rows in tables.items():
        text.append(f"COPY {table} ({COLUMNS[table]}) FROM STDIN;\n")
        for row in rows:
            text.append("\t".join("\\N" if v is None else str(v).replace("\\", "\\\\").replace("\n", "\\n") for v in row) + "\n")
        text.append("\\.\n")
    text.append("COMMIT;\nVACUUM ANALYZE;\n")
    subprocess.run([*psql, "-q", "-v", "ON_ERROR_STOP=1"], input="".join(text).encode(), check=True)


def files_write(data, n):
    for i in range(n):
        asset = ident("asset", i)
        folder = pathlib.Path(data, "media/asset", asset)
        folder.mkdir(parents=True)
        d = description(asset, i)
        (folder / "asset.json").write_text(json.dumps(d))
        for k, t in enumerate(d["tracks"]):  # Play looks whether they are there, and no further
            if i % 100 == 0 and k == 0:
                index = folder / "v1.idx"  # a file has so many links
                index.touch()
            else:
                os.link(index, folder / f"{t['name']}.idx")


def facts_write(path, people, titles):
    with open(path, "w") as f:
        f.writelines(f"a {token(i)} {ident('device', i)}\n" for i in range(people))
        f.writelines(f"t {ident('title', i)}\n" for i in range(titles))


now_ms = lambda: int(time.time() * 1000)
