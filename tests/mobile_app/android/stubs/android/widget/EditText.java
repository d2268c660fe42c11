package android.widget;

import android.content.Context;
import android.text.Editable;
import android.view.View;

public class EditText extends View {
    private CharSequence text = "";

    public EditText(Context context) {}

    public void setInputType(int kind) {}

    public final void setText(CharSequence given) {
        text = given;
    }

    public void setSelection(int at) {}

    public int length() {
        return text.length();
    }

    public Editable getText() {
        String now = text.toString();
        return (Editable) java.lang.reflect.Proxy.newProxyInstance(
                Editable.class.getClassLoader(), new Class<?>[] {Editable.class},
                (proxy, method, arguments) -> method.invoke(now, arguments));
    }
}
