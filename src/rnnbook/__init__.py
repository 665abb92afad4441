"""What several chapters of the book share beyond the networks of rnnkit.

- `start`: quiet set-up and the style of the figures
- `checks`: a claim said once, training beside Keras, the shortest of several calls
- `results`: the stored results, which lie in this package, and how they are written
- `plain`: the three cells as the book writes them, without masks and buffers
- the others: tasks, data and small networks of more than one chapter

rnnbook may import rnnkit; rnnkit never imports rnnbook. Importing this package imports nothing.
"""
