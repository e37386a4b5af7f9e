"""Why a stated figure differs from ours: causes that can be proved, and the likeliest."""
