"""The three cells as the book writes them: forward and backward side by side, nothing else.

No masks, no buffers, no checks; rnnkit has those, is quicker, and gives the same numbers.
Arrays: x (B, T, D), h and c (B, T, H), h_0 and c_0 (B, H), the weights as in rnnkit.  ``dh``
(B, T, H) is the gradient that reaches each h_t from outside the recurrence, ``later`` the one
that reaches h_t from step t + 1, ``delta`` the one with respect to a_t.
"""

import numpy as np

__all__ = [
    "gru_backward", "gru_forward", "lstm_backward", "lstm_forward", "rnn_backward", "rnn_forward",
]  # fmt: skip


def sigmoid(a):
    """σ(a), between 0 and 1."""
    return 1 / (1 + np.exp(-a))


def before(h, h_0, t):
    """h_{t-1}; in front of the first step there is h_0."""
    return h[:, t - 1] if t > 0 else h_0


# The simple network: W_x (D, H), W_h (H, H), b (H,).


def rnn_forward(x, h_0, W_x, W_h, b):
    """All h of h_t = tanh(x_t W_x + h_{t-1} W_h + b)."""
    h = np.zeros((*x.shape[:2], len(W_h)))
    for t in range(x.shape[1]):
        a = x[:, t] @ W_x + before(h, h_0, t) @ W_h + b
        h[:, t] = np.tanh(a)
    return h


def rnn_backward(dh, x, h, h_0, W_x, W_h):
    """dx, dh_0, dW_x, dW_h, db, by equations (3.7) to (3.9)."""
    dx, dW_x, dW_h, db = np.zeros(x.shape), np.zeros(W_x.shape), np.zeros(W_h.shape), 0
    later = 0  # nothing comes after the last step
    for t in reversed(range(x.shape[1])):
        delta = (dh[:, t] + later) * (1 - h[:, t] ** 2)  # (3.7)
        dW_x += x[:, t].T @ delta  # (3.8)
        dW_h += before(h, h_0, t).T @ delta
        db += delta.sum(axis=0)
        dx[:, t] = delta @ W_x.T  # (3.9)
        later = delta @ W_h.T
    return dx, later, dW_x, dW_h, db


# The LSTM: W_x (D, 4H), W_h (H, 4H), b (4H,), in the order i, f, c̃ (here g), o.


def lstm_forward(x, h_0, c_0, W_x, W_h, b):
    """All h and c of c_t = f c_{t-1} + i g and h_t = o tanh(c_t), and the gates of each step."""
    h, c, gates = np.zeros((*x.shape[:2], len(W_h))), np.zeros((*x.shape[:2], len(W_h))), []
    for t in range(x.shape[1]):
        a = x[:, t] @ W_x + before(h, h_0, t) @ W_h + b
        a_i, a_f, a_g, a_o = np.split(a, 4, axis=1)
        i, f, g, o = sigmoid(a_i), sigmoid(a_f), np.tanh(a_g), sigmoid(a_o)
        c[:, t] = f * before(c, c_0, t) + i * g
        h[:, t] = o * np.tanh(c[:, t])
        gates.append((i, f, g, o))
    return h, c, gates


def lstm_backward(dh, x, h, c, gates, h_0, c_0, W_x, W_h):
    """dx, dh_0, dc_0, dW_x, dW_h, db, by equations (8.3) to (8.6)."""
    dx, dW_x, dW_h, db = np.zeros(x.shape), np.zeros(W_x.shape), np.zeros(W_h.shape), 0
    later, later_c = 0, 0
    for t in reversed(range(x.shape[1])):
        i, f, g, o = gates[t]
        dh_t = dh[:, t] + later
        dc_t = dh_t * o * (1 - np.tanh(c[:, t]) ** 2) + later_c
        delta_i = dc_t * g * i * (1 - i)
        delta_f = dc_t * before(c, c_0, t) * f * (1 - f)
        delta_g = dc_t * i * (1 - g**2)
        delta_o = dh_t * np.tanh(c[:, t]) * o * (1 - o)
        delta = np.concatenate([delta_i, delta_f, delta_g, delta_o], axis=1)
        dW_x += x[:, t].T @ delta
        dW_h += before(h, h_0, t).T @ delta
        db += delta.sum(axis=0)
        dx[:, t] = delta @ W_x.T
        later, later_c = delta @ W_h.T, dc_t * f
    return dx, later, later_c, dW_x, dW_h, db


# The GRU, reset after: W_x (D, 3H), W_h (H, 3H), b (2, 3H), in the order z, r, h̃ (here candidate).


def gru_forward(x, h_0, W_x, W_h, b):
    """All h of h_t = z h_{t-1} + (1 - z) candidate, and the gates of each step."""
    h, gates = np.zeros((*x.shape[:2], len(W_h))), []
    for t in range(x.shape[1]):
        h_before = before(h, h_0, t)
        x_z, x_r, x_h = np.split(x[:, t] @ W_x + b[0], 3, axis=1)
        h_z, h_r, u = np.split(h_before @ W_h + b[1], 3, axis=1)
        z, r = sigmoid(x_z + h_z), sigmoid(x_r + h_r)
        candidate = np.tanh(x_h + r * u)
        h[:, t] = z * h_before + (1 - z) * candidate
        gates.append((z, r, u, candidate))
    return h, gates


def gru_backward(dh, x, h, gates, h_0, W_x, W_h):
    """dx, dh_0, dW_x, dW_h, db, by equations (8.9) to (8.11)."""
    dx, dW_x, dW_h, db = np.zeros(x.shape), np.zeros(W_x.shape), np.zeros(W_h.shape), 0
    later = 0
    for t in reversed(range(x.shape[1])):
        z, r, u, candidate = gates[t]
        h_before = before(h, h_0, t)
        dh_t = dh[:, t] + later
        delta_h = dh_t * (1 - z) * (1 - candidate**2)
        delta_z = dh_t * (h_before - candidate) * z * (1 - z)
        delta_r = delta_h * u * r * (1 - r)
        delta = np.concatenate([delta_z, delta_r, delta_h], axis=1)  # on the side of x
        recurrent = np.concatenate([delta_z, delta_r, delta_h * r], axis=1)  # and of h_{t-1}
        dW_x += x[:, t].T @ delta
        dW_h += h_before.T @ recurrent
        db += np.stack([delta.sum(axis=0), recurrent.sum(axis=0)])
        dx[:, t] = delta @ W_x.T
        later = recurrent @ W_h.T + dh_t * z
    return dx, later, dW_x, dW_h, db
