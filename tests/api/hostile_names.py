"""The gateway returns hostile names of targets and labels of alerts unchanged.

Run by `./lab test api`, which starts the lab: API_GATEWAY_URL, ALERT_LOGGER_URL, DEMO_TARGET_URL, TARGETS_FILE.
"""

import json
import os
import pathlib
import time
import tomllib
import unittest
import urllib.parse
import urllib.request

GATEWAY = os.environ["API_GATEWAY_URL"]
ALERT_LOGGER = os.environ["ALERT_LOGGER_URL"]
DEMO_TARGET = os.environ["DEMO_TARGET_URL"]
TARGETS = tomllib.loads(pathlib.Path(os.environ["TARGETS_FILE"]).read_text())["target"]
ALERTS = pathlib.Path(__file__).with_name("hostile_alerts.json").read_text()
LONG = "<b>0123456" * 1000

# Do not use a proxy.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def get(path):
    with opener.open(GATEWAY + path, timeout=10) as response:
        return json.load(response)


def eventually(seconds, fetch):
    """Calls `fetch` until it returns a true value, for at most `seconds`, and returns its last result."""
    deadline = time.monotonic() + seconds
    while not (result := fetch()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return result


class Names(unittest.TestCase):
    """Every endpoint treats each name as one target."""

    def setUp(self):
        self.names = [target["name"] for target in TARGETS]

    def test_lists_have_all_names_in_the_order_of_the_file(self):
        self.assertEqual([target["target"] for target in get("/targets")["targets"]], self.names)
        self.assertEqual([target["target"] for target in get("/api/v1/status")["targets"]], self.names)

    def test_each_target_is_probed_and_counted_separately(self):
        def counted():
            summary = get("/uptime-summary")["targets"]
            return {row["target"] for row in summary if row["success"] + row["failures"] > 0}

        self.assertEqual(eventually(30, lambda: counted() == set(self.names) and counted()), set(self.names))

    def test_a_name_in_a_path_selects_its_target(self):
        for name in self.names:
            with self.subTest(name):
                detail = get("/api/v1/targets/" + urllib.parse.quote(name, safe=""))
                self.assertEqual(detail["target"]["target"], name)

    def test_a_search_for_a_name_finds_its_target(self):
        for name in self.names:
            with self.subTest(name):
                found = get("/api/v1/status?" + urllib.parse.urlencode({"search": name}))
                self.assertIn(name, [target["target"] for target in found["targets"]])

    def test_the_name_of_a_group_selects_its_targets(self):
        for group in {target["group"] for target in TARGETS if "group" in target}:
            with self.subTest(group):
                members = [target["name"] for target in TARGETS if target.get("group") == group]
                found = get("/api/v1/status?" + urllib.parse.urlencode({"group": group}))
                self.assertEqual([target["target"] for target in found["targets"]], members)

    def test_each_target_has_its_own_numbers_from_prometheus(self):
        def windowed():
            rows = get("/api/v1/slo")["targets"]
            return {row["target"] for row in rows if row["windows"]["5m"]["success"] or row["windows"]["5m"]["failures"]}

        self.assertEqual(eventually(90, lambda: windowed() == set(self.names) and windowed()), set(self.names))

    def test_passwords_are_not_shown(self):
        for path in ["/targets", "/uptime-summary", "/api/v1/status", "/api/v1/targets/secret"]:
            with self.subTest(path):
                self.assertNotIn("hunter2", json.dumps(get(path)))


class Events(unittest.TestCase):
    """The stream sends a change with the name of its target."""

    def fault(self, method, endpoint, body=None):
        headers = {"content-type": "application/json"}
        url = f"{DEMO_TARGET}/faults/{endpoint}"
        opener.open(urllib.request.Request(url, body, headers, method=method), timeout=10).close()

    def changes(self, stream, seconds):
        """Yields the data of `target` events until the deadline. A summary, sent every few seconds, ends the wait."""
        deadline = time.monotonic() + seconds
        event = None
        for line in stream:
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                event = value
            elif field == "data" and event == "target":
                yield json.loads(value)
            if time.monotonic() > deadline:
                return

    def test_events_contain_the_name_of_their_target(self):
        for endpoint in ["quotes", "promql", "mixed", "separators"]:
            name = next(target["name"] for target in TARGETS if target["url"].endswith(f"/t/{endpoint}"))
            with self.subTest(name), opener.open(GATEWAY + "/api/v1/events", timeout=30) as stream:
                self.fault("PUT", endpoint, b'{"kind": "status", "status": 503}')
                try:
                    states = ((change["target"], change["state"]) for change in self.changes(stream, 20))
                    self.assertIn((name, "down"), states)
                finally:
                    self.fault("DELETE", endpoint)


class Alerts(unittest.TestCase):
    """Labels and annotations of 10 kB with control characters are returned unchanged."""

    @classmethod
    def setUpClass(cls):
        text = ALERTS.replace("LONG", LONG)
        cls.sent = json.loads(text)["alerts"]
        request = urllib.request.Request(
            ALERT_LOGGER + "/webhook", text.encode(), {"content-type": "application/json"}
        )
        opener.open(request, timeout=10).close()

    def incident(self, alert):
        def fetch():
            incidents = get("/api/v1/incidents?limit=1000")["incidents"]
            return [incident for incident in incidents if incident["labels"] == alert["labels"]]

        found = eventually(10, fetch)
        self.assertEqual(len(found), 1)
        return found[0]

    def test_an_incident_has_the_labels_of_its_alert(self):
        firing, resolved = (self.incident(alert) for alert in self.sent)
        self.assertEqual((firing["status"], firing["ended_at"]), ("firing", None))
        self.assertEqual(resolved["status"], "resolved")
        self.assertEqual(resolved["duration_seconds"], 3476.544)

    def test_an_incident_has_the_name_target_and_summary_of_its_alert(self):
        for alert in self.sent:
            incident = self.incident(alert)
            self.assertEqual(incident["alert"], alert["labels"]["alertname"])
            self.assertEqual(incident["target"], alert["labels"]["target"])
            self.assertEqual(incident["summary"], alert["annotations"]["summary"])

    def test_a_query_for_a_target_finds_its_incidents(self):
        for alert in self.sent:
            query = urllib.parse.urlencode({"target": alert["labels"]["target"]})
            labels = [incident["labels"] for incident in get("/api/v1/incidents?" + query)["incidents"]]
            self.assertIn(alert["labels"], labels)

    def test_active_alerts_are_the_firing_ones(self):
        firing, resolved = (alert["labels"] for alert in self.sent)
        active = [incident["labels"] for incident in get("/api/v1/alerts")["alerts"]]
        self.assertIn(firing, active)
        self.assertNotIn(resolved, active)


if __name__ == "__main__":
    unittest.main()
