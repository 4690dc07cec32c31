"""Funding as the venues compute it, and what their rates say together.

Positive rates are paid by longs. A venue prints fractions per its own interval; what is
compared is per 8 hours or per hour, never raw prints. Interval, interest, cap and floor are
data of each contract and are given, never assumed.
"""
