"""Detection of wrong labels, by networks that were not trained on the writers."""

import numpy as np

from training import cleaning


def test_confident_learning_finds_planted_errors_and_spares_the_merely_unusual():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 11, 3000)
    outputs = rng.dirichlet(np.ones(11), 3000) * 0.1
    outputs[np.arange(3000), truth] += 0.9
    unusual = rng.choice(3000, 200, replace=False)  # all classes are about equally likely
    outputs[unusual] = rng.dirichlet(np.ones(11) * 20, 200)
    labels = truth.copy()
    usual = np.setdiff1d(np.arange(3000), unusual)
    planted = rng.choice(usual, 60, replace=False)
    labels[planted] = (truth[planted] + rng.integers(1, 11, 60)) % 11
    found = cleaning.doubtful(outputs, labels)
    # The threshold is a mean: only errors exceed it, but only about half of them.
    assert set(np.flatnonzero(found)) <= set(planted)
    assert found.sum() > 20
    assert not found[unusual].any()


def test_no_network_votes_on_writers_whom_it_was_trained_on():
    x = np.arange(40 * 784, dtype=np.int64).reshape(40, 28, 28).astype(np.uint8)
    x[:, 0, 0] = np.arange(40)
    writers = [f"w{number // 4}" for number in range(40)]
    taught: list[set[str]] = []

    def learn(images, labels):
        seen = {writers[number] for number in images[:, 0, 0] if number < 40}
        taught.append(seen)
        assert len(images) == len(labels)

        def read(images):
            told = [writers[number] for number in images[:, 0, 0] if number < 40]
            assert not seen & set(told)
            return np.full((len(images), 11), 1 / 11)

        return read

    other = np.full((3, 28, 28), 200, np.uint8)
    unseen = np.full((5, 28, 28), 201, np.uint8)
    votes = cleaning.vote(learn, x, np.zeros(40, int), writers, (other, np.zeros(3, int)), unseen)
    assert votes.out_of_fold.shape == (40, 11)
    assert np.allclose(votes.out_of_fold.sum(axis=1), 1)
    assert votes.held_out.shape == (cleaning.FOLDS, 5, 11)
    assert len(taught) == cleaning.FOLDS


def test_a_label_is_confirmed_by_two_of_three():
    seven, one = np.eye(11)[7], np.eye(11)[1]
    votes = np.stack([[seven, seven, seven], [seven, one, seven], [seven, one, one]])
    assert cleaning.confirmed(votes, np.array([7, 7, 7])).tolist() == [True, False, True]


def test_the_contact_sheet_shows_each_drawing():
    sheet = cleaning.contact_sheet(
        np.full((40, 28, 28), 255, np.uint8), np.arange(40) % 11, np.full(40, 10)
    )
    assert (np.asarray(sheet) == 255).sum() == 40 * 28 * 28
