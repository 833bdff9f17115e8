# SPDX-License-Identifier: Apache-2.0
"""A month in the life of a shipper: numbers that are late, restated and vanish, a store that fails and rolls over at any
moment, a host that is killed amid writes. All of it from one seed."""

import store_faults

# Where a kill strikes: half of the request was read; all of it, nothing carried out; carried out, not answered.
KILLS = ("reset", "close", "lost")


class Trouble(store_faults.Seeded):
    """kills, rolls: how likely a `_bulk` is the one at which the host is killed, or before or after which the store rolls over.
    host: whom to kill."""

    def __init__(self, seed, kills=0.1, rolls=0.2, **rates):
        super().__init__(seed, **rates)
        self.kills, self.rolls, self.host = kills, rolls, None
        self.killed, self.rolled, self.bulks = [], 0, 0

    def request(self, method, path):
        fault = super().request(method, path)
        if not path.endswith("/_bulk"):
            return fault
        self.bulks += 1
        chance, pick = self._chance("kill", self.bulks)
        if self.host and chance < self.kills:
            kind = KILLS[pick % len(KILLS)]
            strike = {"after": self._kill} if kind == "lost" else {"before": self._kill}
            self.killed.append(kind)
            return store_faults.Fault(kind, **strike)
        chance, pick = self._chance("roll", self.bulks)
        if chance < self.rolls:
            fault = fault or store_faults.Fault("pass")
            setattr(fault, ("before", "after")[pick % 2], self._roll)
        return fault

    def _kill(self, front):
        self.host.kill()
        if self._chance("roll after a kill", self.bulks)[0] < 0.5:
            self._roll(front)

    def _roll(self, front):
        self.rolled += 1
        front.backend.roll()


def live(organization, world, trouble, rounds, step):
    """So many rounds, each so much later than the one before; a host that is killed is started again. Rounds and starts."""
    starts = 0
    for number in range(rounds):
        while True:
            trouble.host = world.host
            starts += 1
            code = world.host.once(timeout=150)
            if code == 0:
                break
            if code != -9:
                raise AssertionError(f"round {number} ended with {code}; the host said:\n{world.host.log()[-4000:]}")
        if number + 1 < rounds:
            organization.advance(step)
    return starts
