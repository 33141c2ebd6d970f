"""Files that are still coming in: whose, how large, and until when they are waited for."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q


class Upload(models.Model):
    """A file that arrives in pieces; how much of it is here is what its file on disk says (campaigns.uploads)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="bytes, once it is whole")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            # An empty file would be whole before any of it came.
            models.CheckConstraint(name="upload_is_not_empty", condition=Q(size__gt=0)),
        ]

    def __str__(self) -> str:
        return str(self.id)
