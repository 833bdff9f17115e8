# SPDX-License-Identifier: Apache-2.0
"""Stores whose life, faults and numbers come from a seed: filled, spoiled, audited, repaired, and collected into again."""

import datetime
import random

import audited
import proof_model
import spoiling


def plain(store, chance):
    """Two rounds of one host."""
    store.collect()
    store.later()


def lanes(store, chance):
    """The policy asked for other grains first."""
    store.regrain(audited.FORMER)
    store.collect()  # up to now, where the lane ends
    store.regrain(audited.GRAINS)
    store.later()


def lost(store, chance):
    """The state is lost, and the host has begun anew, with less history or with all of it."""
    plain(store, chance)
    store.lose_state()
    if chance.random() < 0.5:
        store.interval = store.hours()
        store.regrain(store.grains)
    store.later()


def restored(store, chance):
    """The state is a backup, older than the store."""
    store.collect()
    store.copy_state()
    store.later()
    store.restore_state()
    store.later()


def kept_elsewhere(store, chance):
    """Whoever filled the store is gone, with the state; only the audit remains."""
    plain(store, chance)
    store.lose_state()


LIVES = [plain, plain, plain, lanes, lost, restored, kept_elsewhere]


class Trial:
    """One store by its seed. faults: what was not as it must be, in lines; none if all was."""

    def __init__(self, seed):
        self.seed, self.faults, self.chance = seed, [], random.Random(seed)
        self.life = self.chance.choice(LIVES)
        kinds = spoiling.KINDS
        # Every second one has one kind alone, in turn.
        self.kinds = [kinds[seed // 2 % len(kinds)]] if seed % 2 == 0 else self.chance.sample(kinds, self.chance.randint(2, 5))
        self.planted, self.differences = spoiling.Planted(), 0

    def __str__(self):
        return f"AM_SEED={self.seed}: {self.life.__name__}; {', '.join(self.planted.done)}"

    def run(self, store):
        self.store = store
        self.life(store, self.chance)
        if self.life in (plain, lanes):
            self.check("before anything is spoiled", audited.EQUAL)
        self.spoil()
        differences = self.check("spoiled", None)
        if self.faults or differences is None:
            return
        self.check("spoiled, from amid a day", None, self.some_hour())
        self.differences = differences
        self.repair(differences)
        if self.faults:
            return
        if self.life is kept_elsewhere:
            store.organization.advance("25h")
        else:
            store.later()
        self.goes_on()

    def spoil(self):
        """By those kinds; by others, where the store has nothing for them."""
        streams, kinds = ["usage", "cost"], list(self.kinds)
        while kinds or not self.planted.done:
            kind = kinds.pop(0) if kinds else self.chance.choice(spoiling.KINDS)
            for stream in self.chance.sample(streams, self.chance.randint(1, 2)):
                if kind(self.store, stream, self.chance, self.planted):
                    self.planted.done.append(f"{kind.__name__} of {stream}")

    def some_hour(self):
        """Before the end of every stream: an audit from behind one refuses, since it has nothing to compare."""
        start = proof_model.parsed(self.store.start)
        end = min(proof_model.parsed(self.store.end(stream)) for stream in self.store.grains)
        hours = self.chance.randrange(1, int((end - start).total_seconds() // 3600))
        return proof_model.stamp(start + datetime.timedelta(hours=hours))

    def check(self, when, code, start=None):
        """Holds an audit beside the model; the number of different rows. code: its exit code, None: what follows."""
        expected = {stream: self.store.expected(stream, start) for stream in self.store.grains}
        count = sum(len(one.differences) for one in expected.values())
        done = self.store.audit(start=start)
        wanted = (audited.DIFFERENT if count else audited.EQUAL) if code is None else code
        if done.code != wanted or done.said is None:
            self.fault(when, f"exit code {wanted} expected ({count} rows differ); it {done}")
            if done.said is None:
                return None
        for stream, one in expected.items():
            said = done.stream(stream)
            self.fault(when, *(f"{stream}: {line}" for line in proof_model.unequal(
                one.differences, proof_model.reported(said, self.store.grains[stream]))))
            if said["different_rows"] != len(one.differences):
                self.fault(when, f"{stream}: different_rows {said['different_rows']}, expected {len(one.differences)}")
            if said["on_their_way"]:
                self.fault(when, f"{stream}: on_their_way {said['on_their_way']}, expected 0")
            findings, found = self.planted.findings(self.store, stream, one), done.findings(stream)
            if findings != found:
                self.fault(when, f"{stream}: findings {found}, expected {findings}")
        return count

    def repair(self, differences):
        before = {stream: len(self.store.documents(stream)) for stream in self.store.grains}
        dry = self.store.audit("--repair")
        if dry.code != (audited.DIFFERENT if differences else audited.EQUAL):
            self.fault("dry run", f"exit code: it {dry}")
        if before != {stream: len(self.store.documents(stream)) for stream in self.store.grains}:
            self.fault("dry run", "it wrote into the store")
        done = self.store.audit("--repair", "--yes")
        if done.code != audited.EQUAL:
            self.fault("repair", f"exit code 0 expected; it {done}")
        written = {stream: len(self.store.documents(stream)) - before[stream] for stream in self.store.grains}
        told = [((one.said or {}).get("repair") or {}).get("documents", 0) for one in (dry, done)]
        if told != [sum(written.values())] * 2:
            self.fault("repair", f"documents of the dry run and of the repair {told}, written were {written}")
        self.exact("repaired")

    def goes_on(self):
        """Later, with late data collected, or repaired where nothing collects."""
        if self.life is kept_elsewhere:
            done = self.store.audit("--repair", "--yes")
            if done.code != audited.EQUAL:
                self.fault("repaired a day later", f"exit code 0 expected; it {done}")
        self.exact("a day later")

    def exact(self, when):
        self.check(when, audited.EQUAL)
        for stream in self.store.grains:
            self.fault(when, *self.store.wrong_sums(stream))

    def fault(self, when, *lines):
        self.faults += [f"{when}: {line}" for line in lines]
