"""The standby region: publications, subscriptions, how far behind it is, and whether it is the same.

Seven stores, the ingest ledger and the serving tables are one publication and one subscription each, so that each can
be followed, and later failed over, by itself. Publications are laid by the migrations, on both sides.

What the way back will need is laid already: publications exist in the standby too, ``origin=none`` keeps rows that
came by replication from being sent round, keys are uuidv7, and roles are the same. The reverse subscriptions
(``rsub_<store>``, with ``copy_data = false``) and the fence (a row per region that says which one may write, checked by
a statement trigger that apply workers do not fire) come with the failover commands.
"""
