"""The addresses of the live side: the agent's desk and the supervisor's wall."""

from __future__ import annotations

from django.urls import path

from dialer.desk import views as desk
from dialer.detection import views as detection
from dialer.wall import views as wall

urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/card/", desk.card, name="desk-card"),
    path("desk/state/", desk.state, name="desk-state"),
    path("desk/phone/", desk.phone, name="desk-phone"),
    path("desk/sign-in/", desk.sign_in, name="desk-sign-in"),
    path("desk/ready/", desk.ready, name="desk-ready"),
    path("desk/pause/", desk.pause, name="desk-pause"),
    path("desk/hang-up/", desk.hang_up, name="desk-hang-up"),
    path("desk/disposition/", desk.disposition, name="desk-disposition"),
    path("desk/sign-out/", desk.sign_out, name="desk-sign-out"),
    path("wall/", wall.wall, name="wall"),
    path("wall/board/", wall.board_fragment, name="wall-board"),
    path("wall/campaigns/<int:campaign_id>/pause/", wall.pause, name="wall-pause"),
    path("wall/campaigns/<int:campaign_id>/resume/", wall.resume, name="wall-resume"),
    path("wall/campaigns/<int:campaign_id>/ratio/", wall.ratio, name="wall-ratio"),
    path("campaigns/<int:campaign_id>/live/", wall.campaign_live, name="campaign-live"),
    path("campaigns/<int:campaign_id>/pacing/panel/", wall.pacing_panel, name="campaign-pacing-panel"),
    path("campaigns/<int:campaign_id>/pacing/curve/", wall.pacing_curve, name="campaign-pacing-curve"),
    path("campaigns/<int:campaign_id>/pacing/preview/", wall.pacing_preview, name="campaign-pacing-preview"),
    path("campaigns/<int:campaign_id>/detection/", detection.of_campaign, name="campaign-detection"),
]
