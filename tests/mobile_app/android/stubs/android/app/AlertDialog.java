package android.app;

import android.content.Context;
import android.content.DialogInterface;
import android.view.View;
import android.view.Window;

import stub.World;

public class AlertDialog implements DialogInterface {
    public static AlertDialog last = null;
    public View view;
    private OnClickListener ok;
    private OnClickListener cancel;
    private OnCancelListener back;

    public Window getWindow() {
        return new Window();
    }

    /** A test's finger: -1 ok, -2 cancel, 0 the back key. */
    public void press(int which) {
        if (which == 0) {
            back.onCancel(this);
        } else {
            (which == -1 ? ok : cancel).onClick(this, which);
        }
    }

    public static class Builder {
        private final AlertDialog made = new AlertDialog();

        public Builder(Context context) {}

        public Builder setTitle(CharSequence title) {
            World.say("dialog " + title);
            return this;
        }

        public Builder setView(View view) {
            made.view = view;
            return this;
        }

        public Builder setPositiveButton(int text, OnClickListener to) {
            made.ok = to;
            return this;
        }

        public Builder setNegativeButton(int text, OnClickListener to) {
            made.cancel = to;
            return this;
        }

        public Builder setOnCancelListener(OnCancelListener to) {
            made.back = to;
            return this;
        }

        public AlertDialog show() {
            last = made;
            return made;
        }
    }
}
