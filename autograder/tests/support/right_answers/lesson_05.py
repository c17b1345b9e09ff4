"""Right answers to lesson 05, in styles that students really use."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

# ── plain: as in the lesson ─────────────────────────────────────────────────


def slope__plain(w, x, y):
    return 2 * (w * x - y) * x


def standardize__plain(matrix):
    return (matrix - matrix.mean(dim=0)) / matrix.std(dim=0, correction=0)


def gradients__plain(x, w):
    y_hat = x.dot(w)
    y_hat.backward()
    return x.grad, w.grad


def ffn_gradients__plain(x, y, W, V):
    g = x @ W
    h = torch.relu(g)
    y_hat = h @ V
    dy = 2 * (y_hat - y) / len(y)
    dV = torch.outer(h, dy)
    dh = V @ dy
    dg = dh * (g > 0)
    return torch.outer(x, dg), dV


def linear__plain(inputs, weight, bias=None):
    output = inputs @ weight.T
    if bias is not None:
        output = output + bias
    return output


def mse__plain(predictions, targets):
    return ((predictions - targets) ** 2).mean()


def sgd_step__plain(parameters, learning_rate):
    with torch.no_grad():
        for parameter in parameters:
            if parameter.grad is not None:
                parameter -= learning_rate * parameter.grad
                parameter.grad = None


def make_dataloader__plain(inputs, targets, batch_size, shuffle=True):
    dataset = torch.utils.data.TensorDataset(inputs, targets)
    return torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=shuffle)


class FFN__plain(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.linear1 = nn.Linear(input_size, hidden_size)
        self.linear2 = nn.Linear(hidden_size, output_size)

    def forward(self, inputs):
        return self.linear2(F.relu(self.linear1(inputs)))


def to_device__plain(batch, device):
    return tuple(tensor.to(device) for tensor in batch)


def train__plain(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to(device)
    model.train()
    averages = []
    for _ in range(epochs):
        total = 0.0
        for inputs, targets in dataloader:
            inputs, targets = inputs.to(device), targets.to(device)
            loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            total += loss.item()
        averages.append(total / len(dataloader))
    return averages


# ── lecture: the way the slides of 2020 write it ────────────────────────────


def slope__lecture(w, x, y):
    error = w * x - y
    outer = 2 * error
    inner = x
    return np.float64(outer * inner)


def standardize__lecture(matrix):
    mean = torch.mean(matrix, dim=0, keepdim=True)
    std = torch.std(matrix, dim=0, unbiased=False, keepdim=True)
    return (matrix - mean).div(std)


def gradients__lecture(x, w):
    torch.sum(x * w).backward()
    return (x.grad, w.grad)


def ffn_gradients__lecture(x, y, W, V):
    g = x.matmul(W)
    h = torch.clamp(g, min=0)
    error = h.matmul(V) - y
    factor = 2 / error.numel()
    dV = factor * h.unsqueeze(1).matmul(error.unsqueeze(0))
    dh = factor * V.matmul(error)
    dg = torch.where(g > 0, dh, torch.zeros_like(dh))
    dW = x.unsqueeze(1).matmul(dg.unsqueeze(0))
    return [dW, dV]


def linear__lecture(inputs, weight, bias=None):
    output = inputs.matmul(weight.t())
    if bias is not None:
        output += bias
    ret = output
    return ret


def mse__lecture(predictions, targets):
    return torch.mean(torch.pow(predictions - targets, 2))


def sgd_step__lecture(parameters, learning_rate):
    with torch.no_grad():
        for param in parameters:
            if param.grad is None:
                continue
            param.sub_(learning_rate * param.grad)
            param.grad.zero_()


def make_dataloader__lecture(inputs, targets, batch_size, shuffle=True):
    import torch.utils.data as data

    dataset = data.TensorDataset(inputs, targets)
    return data.DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, num_workers=0)


class FFN__lecture(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super(FFN__lecture, self).__init__()  # noqa: UP008 (as the slides have it)
        self.linear1 = nn.Linear(input_size, hidden_size)
        self.linear2 = nn.Linear(hidden_size, output_size)

    def forward(self, inputs):
        hidden_vectors = F.relu(self.linear1(inputs))
        predictions = self.linear2(hidden_vectors)
        return predictions


def to_device__lecture(batch, device):
    moved = []
    for tensor in batch:
        moved.append(tensor.to(device=device))
    return moved


def train__lecture(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model = model.to(device)
    model = model.train()
    losses = []
    for epoch in range(epochs):
        loss_sum = 0.0
        for inputs, targets in dataloader:
            inputs = inputs.to(device)
            targets = targets.to(device)
            predictions = model(inputs)
            loss = loss_function(predictions, targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            loss_sum += loss.to("cpu").detach().numpy()
        print("Avg loss for epoch", epoch, ":", loss_sum / len(dataloader))
        losses.append(float(loss_sum / len(dataloader)))
    return losses


# ── other: the same by other means ──────────────────────────────────────────


def slope__other(w, x, y):
    return 2 * w * x * x - 2 * x * y


def standardize__other(matrix):
    columns = []
    for j in range(matrix.shape[1]):
        column = matrix[:, j]
        centred = column - column.sum() / len(column)
        columns.append(centred / torch.sqrt((centred**2).sum() / len(column)))
    return torch.stack(columns, dim=1)


def gradients__other(x, w):
    wanted = [t for t in (x, w) if t.requires_grad]
    found = list(torch.autograd.grad(torch.einsum("j,j->", x, w), wanted))
    return tuple(found.pop(0) if t.requires_grad else None for t in (x, w))


def ffn_gradients__other(x, y, W, V):
    h = F.relu(torch.einsum("i,ih->h", x, W))
    dy = (torch.einsum("h,ho->o", h, V) - y).mul(2).div(y.shape[0])
    dW = torch.zeros_like(W)
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            if h[j] > 0:
                dW[i, j] = x[i] * (V[j] * dy).sum()
    return dW, torch.einsum("h,o->ho", h, dy)


def linear__other(inputs, weight, bias=None):
    rows = [(inputs * row).sum(dim=-1) for row in weight]
    output = torch.stack(rows, dim=-1)
    return output if bias is None else torch.add(output, bias)


def mse__other(predictions, targets):
    errors = (predictions - targets).flatten()
    return torch.dot(errors, errors) / errors.numel()


def sgd_step__other(parameters, learning_rate):
    for p in list(parameters):
        if p.grad is None:
            continue
        p.data = p.data - learning_rate * p.grad.data
        p.grad = torch.zeros_like(p)


def make_dataloader__other(inputs, targets, batch_size, shuffle=True):
    class Pairs(torch.utils.data.Dataset):
        def __len__(self):
            return len(inputs)

        def __getitem__(self, i):
            return inputs[i], targets[i]

    return torch.utils.data.DataLoader(Pairs(), batch_size, shuffle=shuffle)


class FFN__other(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.add_module("linear1", nn.Linear(input_size, hidden_size))
        self.activation = nn.ReLU(inplace=True)
        self.linear2 = nn.Linear(in_features=hidden_size, out_features=output_size)

    def forward(self, inputs):
        x = self.linear1(inputs)
        x = self.activation(x)
        return self.linear2(x)


def to_device__other(batch, device):
    return (*map(lambda t: t.to(torch.device(device), non_blocking=True), batch),)


def train__other(model, dataloader, loss_function, optimizer, epochs, device="cpu"):
    model.to(torch.device(device)).train(True)
    history = torch.zeros(epochs, dtype=torch.float64)
    for epoch in range(epochs):
        losses = []
        for batch in dataloader:
            inputs, targets = [part.to(device) for part in batch]
            optimizer.zero_grad(set_to_none=True)
            with torch.enable_grad():
                loss = loss_function(model(inputs), targets)
            loss.backward()
            optimizer.step()
            losses.append(loss.detach())
        history[epoch] = torch.stack(losses).mean()
    return history.tolist()
