"""Delta Sharing: releases as tables of shares, in the words of its protocol and nobody else's."""
