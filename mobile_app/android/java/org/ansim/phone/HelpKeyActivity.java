package org.ansim.phone;

import android.app.Activity;
import android.content.Intent;
import android.os.Bundle;

/**
 * The one hardware key that Android lets an app hear with the screen locked: whoever is chosen as the digital assistant
 * gets the long press of the power or home key. Nothing is shown. Switched off until the person chooses it.
 */
public class HelpKeyActivity extends Activity {
    @Override
    protected void onCreate(Bundle saved) {
        super.onCreate(saved);
        Intent intent = getIntent();
        if (intent != null && Intent.ACTION_ASSIST.equals(intent.getAction())) {
            GuardService.tell(this, GuardService.KEY);
        }
        finish();
    }
}
