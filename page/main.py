"""The script that Streamlit runs for each visit: the chosen page, its header and footer."""

import streamlit as st

from page.core.connection import watch_connection
from page.core.error_boundary import guarded
from page.core.language_menu import language_menu
from page.core.text import _, choose_language
from page.draw.demo_drawing import mount_demo_drawing
from page.home import view as home
from page.kiosk.fullscreen import fullscreen_button
from page.kiosk.kiosk import enable_kiosk
from page.photo import view as photo
from page.share.lan import phone_button, privacy_line


def main() -> None:
    """Show the page at this address."""
    st.set_page_config(page_icon="✏️", layout="wide")
    choose_language()
    drawing = st.Page(home.page, title=_("Draw a digit"), default=True)
    learned = st.Page("learned/view.py", title=_("How I learned"), url_path="learned")
    photo_page = st.Page(photo.page, title=_("Photo"), url_path="photo")
    # Streamlit's own menu would hide the links behind an arrow on a phone, where these fit.
    pages = [drawing, photo_page, learned]
    current = st.navigation(pages, position="hidden")
    with st.container(horizontal=True, vertical_alignment="center", key="head"):
        st.title(current.title, anchor=False)
        with st.container(horizontal=True, key="links"):
            for page in pages:
                if page is not current and (page is not photo_page or photo.is_possible()):
                    # base.css hides some links by these keys, and the story follows to_learned.
                    with st.container(key=f"to_{page.url_path or 'drawing'}"):
                        st.page_link(page)
            fullscreen_button()
    watch_connection()  # first: the server may go away while the page is still being drawn
    if current is not photo_page:
        photo.forget()
    guarded(current.run)()
    mount_demo_drawing()
    enable_kiosk()
    with st.container(key="foot"):
        phone_button()
        language_menu()
    privacy_line()


if __name__ == "__main__":  # as Streamlit runs it
    main()
