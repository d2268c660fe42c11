"""Rights end within a second on open sockets and streams: of an agency that asks, whatever ends them."""

from __future__ import annotations

from pathlib import Path

from tests.video.asker import ENDINGS, asker, cure, end_by
from tests.video.conftest import RunningCity

AT_MOST_S = 1.0
SLACK_S = 5.0  # two cores, many tests: who waits for a turn is late; what never ends is later still


async def test_whatever_ends_a_request_darkens_its_screens_and_is_told_to_its_desk(
    installation_database: str, city: RunningCity, tmp_path: Path
) -> None:
    async with asker(installation_database, city, tmp_path) as firm:
        for name, (_, reasons, _) in ENDINGS.items():
            eyes = await firm.look()
            ended = await end_by(firm, eyes, name)
            assert ended.reasons <= reasons | {"gate_silent"}, (name, ended.reasons)
            moments = eyes.newest_moments()
            assert moments, "pictures came before it"
            late = [round(at - ended.since, 2) for at in moments if at > ended.since + AT_MOST_S + SLACK_S]
            assert late == [], f"{name}: pictures of so many seconds after it"
            assert ended.desk_told <= ended.since + AT_MOST_S + SLACK_S, name
            again = await eyes.http.post(f"/api/agency/requests/{eyes.request_id}/video")
            assert again.status_code in (401, 403), f"{name}: opened again"
            await eyes.leave()
            await cure(firm, name)
        watched = "SELECT count(*) FROM release WHERE viewer_kind = 'agent' AND first_byte_at IS NOT NULL"
        assert await firm.home.scene.one(watched) == 2 * len(ENDINGS)
        assert await firm.home.scene.one(f"{watched} AND ended_at IS NULL") == 0, "each is ended in the log"
