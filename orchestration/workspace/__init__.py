"""How a new city begins: the workspace that `zhongtai init` writes.

What the workspace holds lies in `template/`, as the files it becomes; Python here names the city, fills the template in
and puts the folder where it belongs. No city is run here.
"""
