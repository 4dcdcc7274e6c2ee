<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de_DE">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About VBR Studio</source>
        <translation>Über VBR Studio</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>&amp;Program</source>
        <translation>&amp;Programm</translation>
    </message>
    <message>
        <source>&amp;Licences</source>
        <translation>&amp;Lizenzen</translation>
    </message>
    <message>
        <source>This &amp;machine</source>
        <translation>Dieser &amp;Rechner</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Gives ordinary, all-in-focus clips the look of a fast lens.</source>
        <translation>Gibt gewöhnlichen, durchgehend scharfen Clips den Look eines lichtstarken Objektivs.</translation>
    </message>
    <message>
        <source>The renderer follows “Video Bokeh Rendering: Make Casual Videography Cinematic” (ACM Multimedia 2024).</source>
        <translation>Der Renderer folgt „Video Bokeh Rendering: Make Casual Videography Cinematic“ (ACM Multimedia 2024).</translation>
    </message>
    <message>
        <source>Free software under the Apache License 2.0. It comes without any warranty.</source>
        <translation>Freie Software unter der Apache-Lizenz 2.0. Ohne jede Gewährleistung.</translation>
    </message>
    <message>
        <source>The licences of the libraries, of the bundled networks and of the sample clip are on the next page. Depth models that you download have licences of their own: the list of models names them.</source>
        <translation>Die Lizenzen der Bibliotheken, der mitgelieferten Netze und des Beispielclips stehen auf der nächsten Seite. Heruntergeladene Tiefenmodelle haben eigene Lizenzen: Die Modellliste nennt sie.</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>Teil</translation>
    </message>
    <message>
        <source>Version</source>
        <translation>Version</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Parts of the program</source>
        <translation>Teile des Programms</translation>
    </message>
    <message>
        <source>Text of the licence</source>
        <translation>Text der Lizenz</translation>
    </message>
    <message>
        <source>This machine</source>
        <translation>Dieser Rechner</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>For a report of a fault. File names, folders and your name are not in it.</source>
        <translation>Für einen Fehlerbericht. Dateinamen, Ordner und der eigene Name stehen nicht darin.</translation>
    </message>
    <message>
        <source>reading…</source>
        <translation>wird gelesen…</translation>
    </message>
    <message>
        <source>looking…</source>
        <translation>wird ermittelt…</translation>
    </message>
    <message>
        <source>see below</source>
        <translation>siehe unten</translation>
    </message>
</context>
<context>
    <name>Actions</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Clip</source>
        <translation>&amp;Clip</translation>
    </message>
    <message>
        <source>F&amp;ocus</source>
        <translation>F&amp;okus</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>E&amp;xport</source>
        <translation>E&amp;xport</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>&amp;Öffnen…</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>Save &amp;as…</source>
        <translation>Speichern &amp;unter…</translation>
    </message>
    <message>
        <source>Save a cop&amp;y…</source>
        <translation>&amp;Kopie speichern…</translation>
    </message>
    <message>
        <source>Re&amp;link the clip…</source>
        <translation>Clip neu &amp;verknüpfen…</translation>
    </message>
    <message>
        <source>Reco&amp;ver unsaved work…</source>
        <translation>Ungesicherte Arbeit &amp;wiederherstellen…</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>S&amp;chließen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>B&amp;eenden</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>&amp;Delete keys</source>
        <translation>Keyframes &amp;löschen</translation>
    </message>
    <message>
        <source>Cu&amp;t keys</source>
        <translation>Keyframes &amp;ausschneiden</translation>
    </message>
    <message>
        <source>&amp;Copy keys</source>
        <translation>Keyframes &amp;kopieren</translation>
    </message>
    <message>
        <source>&amp;Paste keys at the playhead</source>
        <translation>Keyframes am Abspielkopf &amp;einfügen</translation>
    </message>
    <message>
        <source>Select &amp;all keys</source>
        <translation>Alle Keyframes au&amp;swählen</translation>
    </message>
    <message>
        <source>Keys one frame earlier</source>
        <translation>Keyframes ein Bild früher</translation>
    </message>
    <message>
        <source>Keys one frame later</source>
        <translation>Keyframes ein Bild später</translation>
    </message>
    <message>
        <source>Keys a little up</source>
        <translation>Keyframes etwas höher</translation>
    </message>
    <message>
        <source>Keys a little down</source>
        <translation>Keyframes etwas tiefer</translation>
    </message>
    <message>
        <source>Pre&amp;ferences…</source>
        <translation>E&amp;instellungen…</translation>
    </message>
    <message>
        <source>&amp;Play or pause</source>
        <translation>Ab&amp;spielen oder anhalten</translation>
    </message>
    <message>
        <source>Play &amp;backwards, faster</source>
        <translation>&amp;Rückwärts abspielen, schneller</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>Sto&amp;pp</translation>
    </message>
    <message>
        <source>Play &amp;forwards, faster</source>
        <translation>&amp;Vorwärts abspielen, schneller</translation>
    </message>
    <message>
        <source>One frame back</source>
        <translation>Ein Bild zurück</translation>
    </message>
    <message>
        <source>One frame on</source>
        <translation>Ein Bild weiter</translation>
    </message>
    <message>
        <source>Ten frames back</source>
        <translation>Zehn Bilder zurück</translation>
    </message>
    <message>
        <source>Ten frames on</source>
        <translation>Zehn Bilder weiter</translation>
    </message>
    <message>
        <source>To the first frame</source>
        <translation>Zum ersten Bild</translation>
    </message>
    <message>
        <source>To the last frame</source>
        <translation>Zum letzten Bild</translation>
    </message>
    <message>
        <source>Range begins &amp;here</source>
        <translation>Bereich &amp;beginnt hier</translation>
    </message>
    <message>
        <source>Range &amp;ends here</source>
        <translation>Bereich &amp;endet hier</translation>
    </message>
    <message>
        <source>Range is the &amp;whole clip</source>
        <translation>Bereich ist der &amp;ganze Clip</translation>
    </message>
    <message>
        <source>&amp;Cut here</source>
        <translation>Schnit&amp;t hier</translation>
    </message>
    <message>
        <source>&amp;Join with the shot before</source>
        <translation>Mit der Einstellung davor verbin&amp;den</translation>
    </message>
    <message>
        <source>&amp;Loop</source>
        <translation>Sch&amp;leife</translation>
    </message>
    <message>
        <source>&amp;Mute the sound</source>
        <translation>Ton stu&amp;mm</translation>
    </message>
    <message>
        <source>Render the preview in the back&amp;ground</source>
        <translation>Vorschau im &amp;Hintergrund rendern</translation>
    </message>
    <message>
        <source>&amp;Focus key here</source>
        <translation>&amp;Fokus-Keyframe hier</translation>
    </message>
    <message>
        <source>&amp;Blur key here</source>
        <translation>&amp;Unschärfe-Keyframe hier</translation>
    </message>
    <message>
        <source>&amp;Hold focus until here</source>
        <translation>Fokus bis hier &amp;halten</translation>
    </message>
    <message>
        <source>&amp;Previous key</source>
        <translation>&amp;Voriger Keyframe</translation>
    </message>
    <message>
        <source>&amp;Next key</source>
        <translation>&amp;Nächster Keyframe</translation>
    </message>
    <message>
        <source>Focus a little f&amp;arther</source>
        <translation>Fokus etwas f&amp;erner</translation>
    </message>
    <message>
        <source>Focus a little n&amp;earer</source>
        <translation>Fokus etwas n&amp;äher</translation>
    </message>
    <message>
        <source>Rac&amp;k focus from A to B</source>
        <translation>Schärfe von &amp;A nach B verlagern</translation>
    </message>
    <message>
        <source>Estimate &amp;depth again</source>
        <translation>Tiefe neu s&amp;chätzen</translation>
    </message>
    <message>
        <source>Depth &amp;models…</source>
        <translation>Tiefen&amp;modelle…</translation>
    </message>
    <message>
        <source>&amp;Lasso for a depth repair</source>
        <translation>&amp;Lasso für eine Tiefenkorrektur</translation>
    </message>
    <message>
        <source>B&amp;rush for a depth repair</source>
        <translation>&amp;Pinsel für eine Tiefenkorrektur</translation>
    </message>
    <message>
        <source>Repair: &amp;same depth as…</source>
        <translation>Korrektur: &amp;gleiche Tiefe wie…</translation>
    </message>
    <message>
        <source>Repair: fla&amp;tten</source>
        <translation>Korrektur: e&amp;bnen</translation>
    </message>
    <message>
        <source>Stop dra&amp;wing</source>
        <translation>&amp;Zeichnen beenden</translation>
    </message>
    <message>
        <source>&amp;Result</source>
        <translation>&amp;Ergebnis</translation>
    </message>
    <message>
        <source>&amp;Source</source>
        <translation>&amp;Quelle</translation>
    </message>
    <message>
        <source>&amp;Disparity</source>
        <translation>&amp;Disparität</translation>
    </message>
    <message>
        <source>D&amp;efocus map</source>
        <translation>De&amp;fokuskarte</translation>
    </message>
    <message>
        <source>Disparity o&amp;ver the picture</source>
        <translation>Disparität ü&amp;ber dem Bild</translation>
    </message>
    <message>
        <source>Open the sa&amp;mple clip</source>
        <translation>&amp;Beispielclip öffnen</translation>
    </message>
    <message>
        <source>Duplicat&amp;e keys</source>
        <translation>Keyframes &amp;duplizieren</translation>
    </message>
    <message>
        <source>Range is this sh&amp;ot</source>
        <translation>Bereich ist diese E&amp;instellung</translation>
    </message>
    <message>
        <source>Foll&amp;ow the focused point</source>
        <translation>Fokussierten Punkt verf&amp;olgen</translation>
    </message>
    <message>
        <source>Repair: push beh&amp;ind</source>
        <translation>Korrektur: dah&amp;inter schieben</translation>
    </message>
    <message>
        <source>Disp&amp;arity in grey</source>
        <translation>Disparität in &amp;Grau</translation>
    </message>
    <message>
        <source>Sharp &amp;zone</source>
        <translation>Schärfe&amp;zone</translation>
    </message>
    <message>
        <source>Focus &amp;peaking</source>
        <translation>Fokus-&amp;Peaking</translation>
    </message>
    <message>
        <source>Sp&amp;lit with the source</source>
        <translation>Mit der Quelle &amp;teilen</translation>
    </message>
    <message>
        <source>Split with the depth &amp;before repair</source>
        <translation>Mit der Tiefe &amp;vor Korrektur teilen</translation>
    </message>
    <message>
        <source>Side b&amp;y side</source>
        <translation>&amp;Nebeneinander</translation>
    </message>
    <message>
        <source>&amp;Fit the window</source>
        <translation>&amp;Ins Fenster einpassen</translation>
    </message>
    <message>
        <source>&amp;100 %</source>
        <translation>&amp;100 %</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>Ve&amp;rgrößern</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>Verk&amp;leinern</translation>
    </message>
    <message>
        <source>&amp;Graph editor</source>
        <translation>&amp;Kurveneditor</translation>
    </message>
    <message>
        <source>Full s&amp;creen</source>
        <translation>V&amp;ollbild</translation>
    </message>
    <message>
        <source>&amp;Export video…</source>
        <translation>Video &amp;exportieren…</translation>
    </message>
    <message>
        <source>Save this &amp;frame…</source>
        <translation>Dieses &amp;Bild speichern…</translation>
    </message>
    <message>
        <source>Export &amp;queue</source>
        <translation>&amp;Warteschlange</translation>
    </message>
    <message>
        <source>&amp;Copy as a command</source>
        <translation>Als Befehl &amp;kopieren</translation>
    </message>
    <message>
        <source>&amp;Find a command…</source>
        <translation>Befehl &amp;suchen…</translation>
    </message>
    <message>
        <source>Show the first &amp;steps again</source>
        <translation>Erste Schritte &amp;wieder zeigen</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>&amp;Errors of this session…</source>
        <translation>&amp;Fehler dieser Sitzung…</translation>
    </message>
    <message>
        <source>Show the &amp;log file</source>
        <translation>&amp;Protokolldatei zeigen</translation>
    </message>
    <message>
        <source>&amp;About VBR Studio</source>
        <translation>Ü&amp;ber VBR Studio</translation>
    </message>
    <message>
        <source>Hold: compare with the source</source>
        <translation>Halten: mit der Quelle vergleichen</translation>
    </message>
    <message>
        <source>Move the picture</source>
        <translation>Bild verschieben</translation>
    </message>
    <message>
        <source>Zoom at the cursor</source>
        <translation>Am Zeiger zoomen</translation>
    </message>
    <message>
        <source>Size of the brush</source>
        <translation>Pinselgröße</translation>
    </message>
    <message>
        <source>Focus a little nearer or farther, in the picture</source>
        <translation>Fokus etwas näher oder ferner, im Bild</translation>
    </message>
    <message>
        <source>Go through the things in the picture, focus there</source>
        <translation>Von Ding zu Ding im Bild gehen, dort scharfstellen</translation>
    </message>
    <message>
        <source>Focus here</source>
        <translation>Hierauf fokussieren</translation>
    </message>
    <message>
        <source>Focus here, without easing</source>
        <translation>Hierauf fokussieren, ohne Übergang</translation>
    </message>
    <message>
        <source>Follow this point</source>
        <translation>Diesen Punkt verfolgen</translation>
    </message>
    <message>
        <source>Follow what is in the box</source>
        <translation>Dem Inhalt des Rahmens folgen</translation>
    </message>
    <message>
        <source>Only show what lies there</source>
        <translation>Nur zeigen, was dort liegt</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Find a command</source>
        <translation>Befehl suchen</translation>
    </message>
    <message>
        <source>Type a few letters of a command</source>
        <translation>Ein paar Buchstaben des Befehls eingeben</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Commands that fit</source>
        <translation>Passende Befehle</translation>
    </message>
    <message>
        <source>open a clip first</source>
        <translation>zuerst einen Clip öffnen</translation>
    </message>
    <message>
        <source>select keys first</source>
        <translation>zuerst Keyframes auswählen</translation>
    </message>
    <message>
        <source>nothing to undo</source>
        <translation>nichts rückgängig zu machen</translation>
    </message>
    <message>
        <source>nothing to redo</source>
        <translation>nichts zu wiederholen</translation>
    </message>
    <message>
        <source>not possible now</source>
        <translation>jetzt nicht möglich</translation>
    </message>
    <message>
        <source>No command fits these letters</source>
        <translation>Kein Befehl passt zu diesen Buchstaben</translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message>
        <source>Rendering</source>
        <translation>Rendern</translation>
    </message>
    <message>
        <source>Estimating depth</source>
        <translation>Tiefe schätzen</translation>
    </message>
    <message>
        <source>Reading depth</source>
        <translation>Tiefe lesen</translation>
    </message>
    <message>
        <source>Looking for cuts</source>
        <translation>Schnitte werden gesucht</translation>
    </message>
    <message>
        <source>Writing disparity</source>
        <translation>Disparität schreiben</translation>
    </message>
    <message>
        <source>Carrying depth repairs</source>
        <translation>Tiefenkorrekturen mitführen</translation>
    </message>
    <message>
        <source>Measuring</source>
        <translation>Messen</translation>
    </message>
    <message>
        <source>Following</source>
        <translation>Verfolgung</translation>
    </message>
    <message>
        <source>Searching</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>Ton</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Prüfen</translation>
    </message>
    <message>
        <source>Copying</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>GPU: {name}</source>
        <translation>Grafikkarte: {name}</translation>
    </message>
    <message>
        <source>CPU, one core</source>
        <translation>CPU, ein Kern</translation>
    </message>
    <message>
        <source>CPU, {count} cores</source>
        <translation>CPU, {count} Kerne</translation>
    </message>
</context>
<context>
    <name>CurveEditor</name>
    <message>
        <source>Graph editor</source>
        <translation>Kurveneditor</translation>
    </message>
    <message>
        <source>Both</source>
        <translation>Beide</translation>
    </message>
    <message>
        <source>Focus</source>
        <translation>Fokus</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>Unschärfe</translation>
    </message>
    <message>
        <source>Under the cursor: time, d_f with the part of the picture that lies there, and K</source>
        <translation>Unter dem Zeiger: Zeit, d_f mit dem Anteil des Bildes, der dort liegt, und K</translation>
    </message>
    <message>
        <source>Zoom to the selected keys, or to all keys</source>
        <translation>Auf die ausgewählten oder alle Keyframes zoomen</translation>
    </message>
    <message>
        <source>Show the whole clip and all values</source>
        <translation>Ganzen Clip und alle Werte zeigen</translation>
    </message>
    <message>
        <source>Move handle</source>
        <translation>Anfasser verschieben</translation>
    </message>
    <message>
        <source>Move keys</source>
        <translation>Keyframes verschieben</translation>
    </message>
</context>
<context>
    <name>DepthController</name>
    <message>
        <source>Depth</source>
        <translation>Tiefe</translation>
    </message>
    <message>
        <source>Carrying depth repairs</source>
        <translation>Tiefenkorrekturen werden mitgeführt</translation>
    </message>
</context>
<context>
    <name>DepthMeaningDialog</name>
    <message>
        <source>What does this depth mean?</source>
        <translation>Was bedeutet diese Tiefe?</translation>
    </message>
    <message>
        <source>&amp;Larger numbers are nearer (white is near)</source>
        <translation>&amp;Größere Zahlen sind näher (Weiß ist nah)</translation>
    </message>
    <message>
        <source>Larger numbers are &amp;farther (black is near)</source>
        <translation>Größere Zahlen sind &amp;ferner (Schwarz ist nah)</translation>
    </message>
    <message>
        <source>&amp;Distances, such as metres</source>
        <translation>&amp;Entfernungen, etwa in Metern</translation>
    </message>
    <message>
        <source>The depth view shows at once whether it fits: what is near has to be bright.</source>
        <translation>Die Tiefenansicht zeigt sofort, ob es passt: Nahes muss hell sein.</translation>
    </message>
    <message>
        <source>Leave as it is</source>
        <translation>So lassen</translation>
    </message>
    <message>
        <source>Use this</source>
        <translation>Dies verwenden</translation>
    </message>
</context>
<context>
    <name>DepthPanel</name>
    <message>
        <source>Size of the brush</source>
        <translation>Pinselgröße</translation>
    </message>
    <message>
        <source>Size of the brush in pixels of the clip (Shift + wheel over the picture)</source>
        <translation>Pinselgröße in Pixeln des Clips (Umschalt + Mausrad über dem Bild)</translation>
    </message>
    <message>
        <source>Outline</source>
        <translation>Umriss</translation>
    </message>
    <message>
        <source>Where the outline of what is marked goes. The choice is kept for the next one</source>
        <translation>Wo der Umriss des Markierten verläuft. Die Wahl gilt auch für den nächsten</translation>
    </message>
    <message>
        <source>as it is drawn</source>
        <translation>wie gezeichnet</translation>
    </message>
    <message>
        <source>snaps to the picture</source>
        <translation>folgt dem Bild</translation>
    </message>
    <message>
        <source>snaps to the depth</source>
        <translation>folgt der Tiefe</translation>
    </message>
    <message>
        <source>O&amp;utline</source>
        <translation>&amp;Umriss</translation>
    </message>
    <message>
        <source>Same as…</source>
        <translation>Wie…</translation>
    </message>
    <message>
        <source>Push behind</source>
        <translation>Dahinter</translation>
    </message>
    <message>
        <source>Flatten</source>
        <translation>Ebnen</translation>
    </message>
    <message>
        <source>Depth repairs, in the order they are applied</source>
        <translation>Tiefenkorrekturen in der Reihenfolge ihrer Anwendung</translation>
    </message>
    <message>
        <source>First frame</source>
        <translation>Erstes Bild</translation>
    </message>
    <message>
        <source>Last frame</source>
        <translation>Letztes Bild</translation>
    </message>
    <message>
        <source>Frames that the repair holds for; never beyond its shot</source>
        <translation>Bilder, für die die Korrektur gilt; nie über ihre Einstellung hinaus</translation>
    </message>
    <message>
        <source>Apply this repair earlier</source>
        <translation>Diese Korrektur früher anwenden</translation>
    </message>
    <message>
        <source>Apply this repair later</source>
        <translation>Diese Korrektur später anwenden</translation>
    </message>
    <message>
        <source>Delete this repair</source>
        <translation>Diese Korrektur löschen</translation>
    </message>
    <message>
        <source>F&amp;rames</source>
        <translation>&amp;Bilder</translation>
    </message>
    <message>
        <source>How far behind, in disparity</source>
        <translation>Wie weit dahinter, in Disparität</translation>
    </message>
    <message>
        <source>Behin&amp;d by</source>
        <translation>&amp;Dahinter um</translation>
    </message>
    <message>
        <source>Levels of this shot</source>
        <translation>Tonwerte dieser Einstellung</translation>
    </message>
    <message>
        <source>Reset the levels of this shot</source>
        <translation>Tonwerte dieser Einstellung zurücksetzen</translation>
    </message>
    <message>
        <source>&amp;Near</source>
        <translation>&amp;Nah</translation>
    </message>
    <message>
        <source>Disparity that becomes the nearest</source>
        <translation>Disparität, die zur nächsten wird</translation>
    </message>
    <message>
        <source>F&amp;ar</source>
        <translation>&amp;Fern</translation>
    </message>
    <message>
        <source>Disparity that becomes the farthest</source>
        <translation>Disparität, die zur fernsten wird</translation>
    </message>
    <message>
        <source>&amp;Gamma</source>
        <translation>&amp;Gamma</translation>
    </message>
    <message>
        <source>Above 1 the middle comes nearer, below 1 it goes farther</source>
        <translation>Über 1 rückt die Mitte näher, unter 1 weiter weg</translation>
    </message>
    <message>
        <source>Click the place whose depth it should take.</source>
        <translation>Die Stelle anklicken, deren Tiefe übernommen wird.</translation>
    </message>
    <message>
        <source>What should happen to the depth of what is marked? Esc: mark again.</source>
        <translation>Was soll mit der Tiefe des Markierten geschehen? Esc: neu markieren.</translation>
    </message>
    <message>
        <source>Mark a part of the picture with the lasso or the brush; the repair goes along with it.</source>
        <translation>Einen Teil des Bildes mit Lasso oder Pinsel markieren; die Korrektur wandert mit ihm.</translation>
    </message>
    <message>
        <source>Draw on the picture. Esc: done.</source>
        <translation>Auf das Bild zeichnen. Esc: fertig.</translation>
    </message>
    <message>
        <source>{size} px</source>
        <translation>{size} px</translation>
    </message>
    <message>
        <source>{kind} · lost at {before} and {after}</source>
        <translation>{kind} · verloren bei {before} und {after}</translation>
    </message>
    <message>
        <source>{kind} · lost at {frame}</source>
        <translation>{kind} · verloren bei {frame}</translation>
    </message>
    <message>
        <source>{kind} · frames {start}–{last}</source>
        <translation>{kind} · Bilder {start}–{last}</translation>
    </message>
    <message>
        <source>Drawn on frame {frame}. Double-click goes there</source>
        <translation>Gezeichnet auf Bild {frame}. Doppelklick springt dorthin</translation>
    </message>
    <message>
        <source>From frame {frame} on nothing of it is in sight: mark it again</source>
        <translation>Ab Bild {frame} ist davon nichts mehr zu sehen: neu markieren</translation>
    </message>
    <message>
        <source>Up to frame {frame} nothing of it is in sight: mark it again</source>
        <translation>Bis Bild {frame} ist davon nichts zu sehen: neu markieren</translation>
    </message>
</context>
<context>
    <name>DepthQuestion</name>
    <message>
        <source>Say what the depth means</source>
        <translation>Bedeutung der Tiefe angeben</translation>
    </message>
</context>
<context>
    <name>Dialogs</name>
    <message>
        <source>All files</source>
        <translation>Alle Dateien</translation>
    </message>
    <message>
        <source>Open a clip or a project</source>
        <translation>Clip oder Projekt öffnen</translation>
    </message>
    <message>
        <source>Clips and projects</source>
        <translation>Clips und Projekte</translation>
    </message>
    <message>
        <source>Projects</source>
        <translation>Projekte</translation>
    </message>
    <message>
        <source>Where is it?</source>
        <translation>Wo ist er?</translation>
    </message>
    <message>
        <source>Clips</source>
        <translation>Clips</translation>
    </message>
    <message>
        <source>Search this folder for the clip</source>
        <translation>Diesen Ordner nach dem Clip durchsuchen</translation>
    </message>
    <message>
        <source>Save the frame as</source>
        <translation>Bild speichern als</translation>
    </message>
    <message>
        <source>Pictures</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Save the project</source>
        <translation>Projekt speichern</translation>
    </message>
    <message>
        <source>Export as</source>
        <translation>Exportieren als</translation>
    </message>
    <message>
        <source>Videos</source>
        <translation>Videos</translation>
    </message>
    <message>
        <source>Write the depth to</source>
        <translation>Tiefe schreiben nach</translation>
    </message>
    <message>
        <source>New folder for the pictures</source>
        <translation>Neuer Ordner für die Bilder</translation>
    </message>
    <message>
        <source>Save as a preset</source>
        <translation>Als Vorgabe speichern</translation>
    </message>
    <message>
        <source>Name of the preset</source>
        <translation>Name der Vorgabe</translation>
    </message>
    <message>
        <source>Export anyway?</source>
        <translation>Trotzdem exportieren?</translation>
    </message>
    <message>
        <source>If it gets full, the export stops and nothing of it is kept.</source>
        <translation>Wenn er voll wird, hält der Export an, und nichts davon bleibt.</translation>
    </message>
    <message>
        <source>Export anyway</source>
        <translation>Trotzdem exportieren</translation>
    </message>
    <message>
        <source>Go back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Folder of disparity pictures</source>
        <translation>Ordner mit Disparitätsbildern</translation>
    </message>
    <message>
        <source>Grey video of disparity</source>
        <translation>Grauvideo der Disparität</translation>
    </message>
    <message>
        <source>Weights of {title}</source>
        <translation>Gewichte von {title}</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Remove the model?</source>
        <translation>Modell entfernen?</translation>
    </message>
    <message>
        <source>The weights of “{title}” are deleted from this machine.</source>
        <translation>Die Gewichte von „{title}“ werden von diesem Rechner gelöscht.</translation>
    </message>
    <message>
        <source>Getting them again means a download of {size}.</source>
        <translation>Sie neu zu laden heißt {size} herunterladen.</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>Entfernen</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>Behalten</translation>
    </message>
    <message>
        <source>Save your work?</source>
        <translation>Arbeit speichern?</translation>
    </message>
    <message>
        <source>“{name}” has changes that are not saved.</source>
        <translation>„{name}“ hat Änderungen, die nicht gespeichert sind.</translation>
    </message>
    <message>
        <source>Without saving they are lost.</source>
        <translation>Ohne Speichern gehen sie verloren.</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Do not save</source>
        <translation>Nicht speichern</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Another clip</source>
        <translation>Ein anderer Clip</translation>
    </message>
    <message>
        <source>Focus keys may not fit it.</source>
        <translation>Die Fokus-Keyframes passen womöglich nicht.</translation>
    </message>
    <message>
        <source>Find the clip…</source>
        <translation>Clip suchen…</translation>
    </message>
    <message>
        <source>Use this one</source>
        <translation>Diesen verwenden</translation>
    </message>
    <message>
        <source>Where is the clip?</source>
        <translation>Wo ist der Clip?</translation>
    </message>
    <message>
        <source>Choose the file…</source>
        <translation>Datei wählen…</translation>
    </message>
    <message>
        <source>Search a folder…</source>
        <translation>Ordner durchsuchen…</translation>
    </message>
    <message>
        <source>Stop exporting?</source>
        <translation>Export anhalten?</translation>
    </message>
    <message>
        <source>Closing stops what is left. Unfinished files are removed; earlier ones stay as they were.</source>
        <translation>Schließen hält an, was übrig ist. Unfertige Dateien werden entfernt; frühere bleiben, wie sie waren.</translation>
    </message>
    <message>
        <source>Keep exporting</source>
        <translation>Weiter exportieren</translation>
    </message>
    <message>
        <source>Stop and close</source>
        <translation>Anhalten und schließen</translation>
    </message>
    <message>
        <source>Throw it away?</source>
        <translation>Verwerfen?</translation>
    </message>
    <message>
        <source>The unsaved work on “{name}” will be gone for good.</source>
        <translation>Die ungesicherte Arbeit an „{name}“ ist dann endgültig weg.</translation>
    </message>
    <message>
        <source>Throw away</source>
        <translation>Verwerfen</translation>
    </message>
    <message>
        <source>Keep it</source>
        <translation>Behalten</translation>
    </message>
</context>
<context>
    <name>DocumentController</name>
    <message>
        <source>Untitled</source>
        <translation>Unbenannt</translation>
    </message>
    <message>
        <source>Which file is the clip of “{name}” now?</source>
        <translation>Welche Datei ist jetzt der Clip von „{name}“?</translation>
    </message>
    <message>
        <source>This project names no clip.</source>
        <translation>Dieses Projekt nennt keinen Clip.</translation>
    </message>
    <message>
        <source>Opening {name}</source>
        <translation>{name} wird geöffnet</translation>
    </message>
    <message>
        <source>{name} copy</source>
        <translation>{name} Kopie</translation>
    </message>
    <message>
        <source>Copy written: {path}</source>
        <translation>Kopie geschrieben: {path}</translation>
    </message>
</context>
<context>
    <name>DocumentLife</name>
    <message>
        <source>Written: {path}</source>
        <translation>Geschrieben: {path}</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>&amp;Clear this list</source>
        <translation>Liste &amp;leeren</translation>
    </message>
    <message>
        <source>The list of recent files is empty; the files are untouched.</source>
        <translation>Die Liste der zuletzt geöffneten Dateien ist leer; die Dateien selbst sind unberührt.</translation>
    </message>
    <message>
        <source>Queued: {name} ({count} in all)</source>
        <translation>In der Warteschlange: {name} (insgesamt {count})</translation>
    </message>
    <message>
        <source>{count} of them failed.</source>
        <translation>{count} davon sind fehlgeschlagen.</translation>
    </message>
    <message>
        <source>The queued exports are done</source>
        <translation>Die Exporte der Warteschlange sind fertig</translation>
    </message>
    <message>
        <source>Saving frame {frame}</source>
        <translation>Bild {frame} wird gespeichert</translation>
    </message>
    <message>
        <source>Copied: {command}</source>
        <translation>Kopiert: {command}</translation>
    </message>
    <message>
        <source>An export is not finished.</source>
        <translation>Ein Export ist nicht fertig.</translation>
    </message>
    <message>
        <source>{count} exports are not finished.</source>
        <translation>{count} Exporte sind nicht fertig.</translation>
    </message>
</context>
<context>
    <name>DonePage</name>
    <message>
        <source>Open &amp;folder</source>
        <translation>&amp;Ordner öffnen</translation>
    </message>
    <message>
        <source>Sho&amp;w file</source>
        <translation>Datei &amp;zeigen</translation>
    </message>
    <message>
        <source>Export again…</source>
        <translation>Erneut exportieren…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>“{name}” is written</source>
        <translation>„{name}“ ist geschrieben</translation>
    </message>
    <message>
        <source>1 frame in {time}.</source>
        <translation>1 Bild in {time}.</translation>
    </message>
    <message>
        <source>{count} frames in {time}.</source>
        <translation>{count} Bilder in {time}.</translation>
    </message>
</context>
<context>
    <name>DropZone</name>
    <message>
        <source>Drop a clip here</source>
        <translation>Clip hierher ziehen</translation>
    </message>
</context>
<context>
    <name>ErrorDialog</name>
    <message>
        <source>That did not work</source>
        <translation>Das hat nicht geklappt</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Show the log</source>
        <translation>Protokoll zeigen</translation>
    </message>
    <message>
        <source>All errors…</source>
        <translation>Alle Fehler…</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>ErrorsPage</name>
    <message>
        <source>Errors of this session</source>
        <translation>Fehler dieser Sitzung</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>Was geschah</translation>
    </message>
    <message>
        <source>Nothing has failed since the program was started.</source>
        <translation>Seit dem Programmstart ist nichts fehlgeschlagen.</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Log file: {path}</source>
        <translation>Protokolldatei: {path}</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>Show the &amp;log</source>
        <translation>&amp;Protokoll zeigen</translation>
    </message>
    <message>
        <source>Open log &amp;folder</source>
        <translation>Protokoll&amp;ordner öffnen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>EstimatePanel</name>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation>wird gemessen…</translation>
    </message>
    <message>
        <source>about {time}</source>
        <translation>etwa {time}</translation>
    </message>
    <message>
        <source>not known before the depth is there</source>
        <translation>erst bekannt, wenn die Tiefe da ist</translation>
    </message>
    <message>
        <source>about {size}</source>
        <translation>etwa {size}</translation>
    </message>
    <message>
        <source> · {free} free on the disk</source>
        <translation> · {free} auf dem Datenträger frei</translation>
    </message>
    <message>
        <source> of {size}</source>
        <translation> von {size}</translation>
    </message>
    <message>
        <source>The disk may be too small: {free} are free, and {size} will be written.</source>
        <translation>Der Datenträger könnte zu klein sein: {free} sind frei, {size} werden geschrieben.</translation>
    </message>
    <message>
        <source>This may need more memory than this machine has; a smaller size needs less.</source>
        <translation>Das braucht womöglich mehr Speicher, als dieser Rechner hat; eine kleinere Größe braucht weniger.</translation>
    </message>
</context>
<context>
    <name>ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>&amp;Exportieren</translation>
    </message>
    <message>
        <source>Add to q&amp;ueue</source>
        <translation>In die &amp;Warteschlange</translation>
    </message>
    <message>
        <source>Export it after those that are queued already</source>
        <translation>Nach denen exportieren, die schon in der Warteschlange stehen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>, after the depth is ready</source>
        <translation>, sobald die Tiefe fertig ist</translation>
    </message>
    <message>
        <source>Waiting for the depth…</source>
        <translation>Warten auf die Tiefe…</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet…</translation>
    </message>
    <message>
        <source>Waiting for the depth: {done} of {total}</source>
        <translation>Warten auf die Tiefe: {done} von {total}</translation>
    </message>
    <message>
        <source>The export is done</source>
        <translation>Der Export ist fertig</translation>
    </message>
    <message>
        <source>The export failed</source>
        <translation>Der Export ist fehlgeschlagen</translation>
    </message>
</context>
<context>
    <name>ExportFields</name>
    <message>
        <source>&amp;Preset</source>
        <translation>&amp;Vorgabe</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>F&amp;rames</source>
        <translation>&amp;Bilder</translation>
    </message>
    <message>
        <source>Frame</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>&amp;Codec</source>
        <translation>&amp;Codec</translation>
    </message>
    <message>
        <source>&amp;Quality</source>
        <translation>&amp;Qualität</translation>
    </message>
    <message>
        <source>Picture si&amp;ze</source>
        <translation>Bild&amp;größe</translation>
    </message>
    <message>
        <source>&amp;Bits</source>
        <translation>Bi&amp;ts</translation>
    </message>
    <message>
        <source>For&amp;mat</source>
        <translation>For&amp;mat</translation>
    </message>
    <message>
        <source>Ren&amp;derer</source>
        <translation>&amp;Renderer</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>Ton</translation>
    </message>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>H.264 (plays everywhere)</source>
        <translation>H.264 (läuft überall)</translation>
    </message>
    <message>
        <source>HEVC (smaller, 10 bit)</source>
        <translation>HEVC (kleiner, 10 Bit)</translation>
    </message>
    <message>
        <source>Finest (12)</source>
        <translation>Feinste (12)</translation>
    </message>
    <message>
        <source>Like the source (18)</source>
        <translation>Wie die Quelle (18)</translation>
    </message>
    <message>
        <source>Small (23)</source>
        <translation>Klein (23)</translation>
    </message>
    <message>
        <source>Smallest (28)</source>
        <translation>Kleinste (28)</translation>
    </message>
    <message>
        <source>Lossless (0)</source>
        <translation>Verlustfrei (0)</translation>
    </message>
    <message>
        <source>At most {lines} lines</source>
        <translation>Höchstens {lines} Zeilen</translation>
    </message>
    <message>
        <source>Like the clip</source>
        <translation>Wie der Clip</translation>
    </message>
    <message>
        <source>8 bit</source>
        <translation>8 Bit</translation>
    </message>
    <message>
        <source>10 bit (HEVC only)</source>
        <translation>10 Bit (nur HEVC)</translation>
    </message>
    <message>
        <source>Folder of 16-bit PNG pictures</source>
        <translation>Ordner mit 16-Bit-PNG-Bildern</translation>
    </message>
    <message>
        <source>Folder of EXR pictures (half precision)</source>
        <translation>Ordner mit EXR-Bildern (halbe Genauigkeit)</translation>
    </message>
    <message>
        <source>Folder for iw3</source>
        <translation>Ordner für iw3</translation>
    </message>
    <message>
        <source>Lossless grey video (FFV1, .mkv)</source>
        <translation>Verlustfreies Grauvideo (FFV1, .mkv)</translation>
    </message>
    <message>
        <source>Grey HEVC video, 10 bit (.mp4)</source>
        <translation>Graues HEVC-Video, 10 Bit (.mp4)</translation>
    </message>
    <message>
        <source>16 bit (PNG, TIFF)</source>
        <translation>16 Bit (PNG, TIFF)</translation>
    </message>
    <message>
        <source>All sound tracks</source>
        <translation>Alle Tonspuren</translation>
    </message>
</context>
<context>
    <name>ExportForm</name>
    <message>
        <source>&amp;Save…</source>
        <translation>&amp;Speichern…</translation>
    </message>
    <message>
        <source>Keep these choices under a name of your own</source>
        <translation>Diese Wahl unter eigenem Namen behalten</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>C&amp;hoose…</source>
        <translation>&amp;Wählen…</translation>
    </message>
    <message>
        <source>Whole clip ({count} frames)</source>
        <translation>Ganzer Clip ({count} Bilder)</translation>
    </message>
    <message>
        <source>Marked range, {start} to {last} ({count} frames)</source>
        <translation>Markierter Bereich, {start} bis {last} ({count} Bilder)</translation>
    </message>
    <message>
        <source>{frame}, where the playhead is</source>
        <translation>{frame}, am Abspielkopf</translation>
    </message>
    <message>
        <source>Own choices</source>
        <translation>Eigene Wahl</translation>
    </message>
    <message>
        <source>refocused</source>
        <translation>refokussiert</translation>
    </message>
    <message>
        <source>depth</source>
        <translation>Tiefe</translation>
    </message>
</context>
<context>
    <name>ExportPresets</name>
    <message>
        <source>Like the clip</source>
        <translation>Wie der Clip</translation>
    </message>
    <message>
        <source>Share (small, plays everywhere)</source>
        <translation>Teilen (klein, läuft überall)</translation>
    </message>
    <message>
        <source>Master (full size, 10 bit)</source>
        <translation>Master (volle Größe, 10 Bit)</translation>
    </message>
    <message>
        <source>Depth only</source>
        <translation>Nur Tiefe</translation>
    </message>
    <message>
        <source>Still (this frame)</source>
        <translation>Standbild (dieses Bild)</translation>
    </message>
    <message>
        <source>The preset has no name.</source>
        <translation>Die Vorgabe hat keinen Namen.</translation>
    </message>
    <message>
        <source>Give it one.</source>
        <translation>Einen Namen eingeben.</translation>
    </message>
    <message>
        <source>The name of the preset is too long.</source>
        <translation>Der Name der Vorgabe ist zu lang.</translation>
    </message>
    <message>
        <source>Choose a shorter one.</source>
        <translation>Einen kürzeren wählen.</translation>
    </message>
    <message>
        <source>“{name}” is a preset that comes with the program.</source>
        <translation>„{name}“ ist eine mitgelieferte Vorgabe.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Einen anderen Namen wählen.</translation>
    </message>
</context>
<context>
    <name>ExportProgress</name>
    <message>
        <source>{phase}: frame {done} of {total}</source>
        <translation>{phase}: Bild {done} von {total}</translation>
    </message>
    <message>
        <source>{rate:.1f} frames/s</source>
        <translation>{rate:.1f} Bilder/s</translation>
    </message>
    <message>
        <source>about {time} left</source>
        <translation>noch etwa {time}</translation>
    </message>
</context>
<context>
    <name>ExportQueue</name>
    <message>
        <source>Export “{name}”</source>
        <translation>„{name}“ exportieren</translation>
    </message>
</context>
<context>
    <name>ExportQueuePanel</name>
    <message>
        <source>Export queue</source>
        <translation>Export-Warteschlange</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>Nothing is queued. “Add to queue” in the export dialog puts an export here.</source>
        <translation>Die Warteschlange ist leer. „In die Warteschlange“ im Exportdialog stellt einen Export hierher.</translation>
    </message>
    <message>
        <source>&amp;Pause</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>Move &amp;up</source>
        <translation>Nach &amp;oben</translation>
    </message>
    <message>
        <source>Move &amp;down</source>
        <translation>Nach &amp;unten</translation>
    </message>
    <message>
        <source>&amp;Retry</source>
        <translation>&amp;Erneut versuchen</translation>
    </message>
    <message>
        <source>Re&amp;move</source>
        <translation>E&amp;ntfernen</translation>
    </message>
    <message>
        <source>&amp;Clear ended</source>
        <translation>&amp;Beendete entfernen</translation>
    </message>
    <message>
        <source>Takes every export that is done, failed or was cancelled off this list</source>
        <translation>Nimmt jeden Export, der fertig, gescheitert oder abgebrochen ist, von der Liste</translation>
    </message>
    <message>
        <source>Open &amp;folder</source>
        <translation>&amp;Ordner öffnen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>held</source>
        <translation>zurückgestellt</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>stopping…</source>
        <translation>wird angehalten…</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>starting…</source>
        <translation>wird gestartet…</translation>
    </message>
    <message>
        <source>about {time} left</source>
        <translation>noch etwa {time}</translation>
    </message>
    <message>
        <source>Go &amp;on</source>
        <translation>&amp;Fortsetzen</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>&amp;Stopp</translation>
    </message>
</context>
<context>
    <name>ExportTarget</name>
    <message>
        <source>Choose a file to write.</source>
        <translation>Eine Datei zum Schreiben wählen.</translation>
    </message>
    <message>
        <source>The name must end in {endings}.</source>
        <translation>Der Name muss auf {endings} enden.</translation>
    </message>
    <message>
        <source>This is the clip itself. Choose another name.</source>
        <translation>Das ist der Clip selbst. Einen anderen Namen wählen.</translation>
    </message>
    <message>
        <source>This folder does not exist.</source>
        <translation>Diesen Ordner gibt es nicht.</translation>
    </message>
    <message>
        <source>A file of this name exists, and pictures need a folder.</source>
        <translation>Es gibt eine Datei dieses Namens, und Bilder brauchen einen Ordner.</translation>
    </message>
    <message>
        <source>This folder is not empty.</source>
        <translation>Dieser Ordner ist nicht leer.</translation>
    </message>
    <message>
        <source>The pictures go into this folder.</source>
        <translation>Die Bilder kommen in diesen Ordner.</translation>
    </message>
    <message>
        <source>This is a folder.</source>
        <translation>Das ist ein Ordner.</translation>
    </message>
    <message>
        <source>A file of this name exists and will be replaced.</source>
        <translation>Es gibt eine Datei dieses Namens; sie wird ersetzt.</translation>
    </message>
</context>
<context>
    <name>FilmRow</name>
    <message>
        <source>Film strip</source>
        <translation>Filmstreifen</translation>
    </message>
</context>
<context>
    <name>FocusController</name>
    <message>
        <source>Focus here</source>
        <translation>Hierauf fokussieren</translation>
    </message>
    <message>
        <source>Focus here, without easing</source>
        <translation>Hierauf fokussieren, ohne Übergang</translation>
    </message>
    <message>
        <source>waiting for the depth of this frame</source>
        <translation>warten auf die Tiefe dieses Bildes</translation>
    </message>
    <message>
        <source>no depth: it failed</source>
        <translation>keine Tiefe: fehlgeschlagen</translation>
    </message>
    <message>
        <source>no depth: it was cancelled</source>
        <translation>keine Tiefe: abgebrochen</translation>
    </message>
    <message>
        <source>no depth here</source>
        <translation>hier keine Tiefe</translation>
    </message>
</context>
<context>
    <name>FocusTools</name>
    <message>
        <source>Double-click in the picture what is to be followed.</source>
        <translation>Im Bild doppelklicken, was verfolgt werden soll.</translation>
    </message>
    <message>
        <source>It will be followed when the depth of the clip is complete.</source>
        <translation>Es wird verfolgt, sobald die Tiefe des Clips vollständig ist.</translation>
    </message>
    <message>
        <source>Without depth nothing can be followed.</source>
        <translation>Ohne Tiefe lässt sich nichts verfolgen.</translation>
    </message>
    <message>
        <source>Following</source>
        <translation>Verfolgung</translation>
    </message>
    <message>
        <source>Following was cancelled. Nothing was changed.</source>
        <translation>Die Verfolgung wurde abgebrochen. Nichts wurde geändert.</translation>
    </message>
    <message>
        <source>Follow a point</source>
        <translation>Punkt verfolgen</translation>
    </message>
    <message>
        <source>Followed {done} of {total} frames</source>
        <translation>{done} von {total} Bildern verfolgt</translation>
    </message>
    <message>
        <source>left the picture</source>
        <translation>hat das Bild verlassen</translation>
    </message>
    <message>
        <source>no depth</source>
        <translation>keine Tiefe</translation>
    </message>
    <message>
        <source>{what} at {time}</source>
        <translation>{what} bei {time}</translation>
    </message>
    <message>
        <source>going back {what} at {time}</source>
        <translation>rückwärts {what} bei {time}</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>verloren</translation>
    </message>
    <message>
        <source>Rack: click what is sharp first. Esc: not now.</source>
        <translation>Verlagerung: anklicken, was zuerst scharf ist. Esc: nicht jetzt.</translation>
    </message>
    <message>
        <source>There is no depth of this frame yet. Click again when it is there.</source>
        <translation>Dieses Bild hat noch keine Tiefe. Erneut klicken, wenn sie da ist.</translation>
    </message>
    <message>
        <source>No rack can begin on the last frame of a shot.</source>
        <translation>Auf dem letzten Bild einer Einstellung kann keine Verlagerung beginnen.</translation>
    </message>
    <message>
        <source>Rack: click what becomes sharp, here or on a later frame. Esc: not now.</source>
        <translation>Verlagerung: anklicken, was scharf wird, hier oder auf einem späteren Bild. Esc: nicht jetzt.</translation>
    </message>
    <message>
        <source>Rack focus</source>
        <translation>Schärfe verlagern</translation>
    </message>
    <message>
        <source>Rack from {first:.3f} to {second:.3f} over {count} frames.</source>
        <translation>Verlagerung von {first:.3f} nach {second:.3f} über {count} Bilder.</translation>
    </message>
    <message>
        <source>It ends with the shot.</source>
        <translation>Sie endet mit der Einstellung.</translation>
    </message>
</context>
<context>
    <name>FocusToolsPanel</name>
    <message>
        <source>Follow</source>
        <translation>Verfolgen</translation>
    </message>
    <message>
        <source>Rack A to B</source>
        <translation>Von A nach B</translation>
    </message>
    <message>
        <source>Smoothing of what is followed, in frames</source>
        <translation>Glättung des Verfolgten, in Bildern</translation>
    </message>
    <message>
        <source>How calmly the focus goes with what is followed, in frames</source>
        <translation>Wie ruhig der Fokus dem Verfolgten folgt, in Bildern</translation>
    </message>
    <message>
        <source>Offset of what is followed, in disparity</source>
        <translation>Versatz zum Verfolgten, in Disparität</translation>
    </message>
    <message>
        <source>Focus lies so far before (+) or behind (−) what is followed, in disparity</source>
        <translation>So weit liegt der Fokus vor (+) oder hinter (−) dem Verfolgten, in Disparität</translation>
    </message>
    <message>
        <source>Length of the rack, in frames</source>
        <translation>Länge der Verlagerung, in Bildern</translation>
    </message>
    <message>
        <source>Curve of the rack</source>
        <translation>Kurve der Verlagerung</translation>
    </message>
    <message>
        <source>smooth</source>
        <translation>weich</translation>
    </message>
    <message>
        <source>even</source>
        <translation>gleichmäßig</translation>
    </message>
    <message>
        <source>soft landing</source>
        <translation>weiches Ende</translation>
    </message>
    <message>
        <source>soft start</source>
        <translation>weicher Anfang</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>frames</source>
        <translation>Bilder</translation>
    </message>
    <message>
        <source>Offset</source>
        <translation>Versatz</translation>
    </message>
    <message>
        <source>disparity</source>
        <translation>Disparität</translation>
    </message>
    <message>
        <source>Rack over</source>
        <translation>Dauer</translation>
    </message>
    <message>
        <source>Rack curve</source>
        <translation>Kurve</translation>
    </message>
    <message>
        <source>frames, {seconds:.2f} s</source>
        <translation>Bilder, {seconds:.2f} s</translation>
    </message>
    <message>
        <source>Click A, what is sharp first.</source>
        <translation>A anklicken: was zuerst scharf ist.</translation>
    </message>
    <message>
        <source>Click B, what becomes sharp.</source>
        <translation>B anklicken: was scharf wird.</translation>
    </message>
    <message>
        <source>Following…</source>
        <translation>Wird verfolgt…</translation>
    </message>
    <message>
        <source>Double-click in the picture what should stay sharp, or draw a box with Ctrl held.</source>
        <translation>Doppelklicken Sie im Bild auf das, was scharf bleiben soll, oder ziehen Sie mit Strg einen Rahmen.</translation>
    </message>
</context>
<context>
    <name>FramePicture</name>
    <message>
        <source>The frame that is being written</source>
        <translation>Das Bild, das gerade geschrieben wird</translation>
    </message>
</context>
<context>
    <name>Hints</name>
    <message>
        <source>Got it</source>
        <translation>Verstanden</translation>
    </message>
    <message>
        <source>No more hints. Help brings them back.</source>
        <translation>Keine Hinweise mehr. Das Menü „Hilfe“ bringt sie zurück.</translation>
    </message>
    <message>
        <source>No more hints</source>
        <translation>Keine Hinweise mehr</translation>
    </message>
    <message>
        <source>Click what should be sharp.</source>
        <translation>Anklicken, was scharf sein soll.</translation>
    </message>
    <message>
        <source>Go to a later frame and click something else: focus eases from one to the other.</source>
        <translation>Zu einem späteren Bild gehen und etwas anderes anklicken: Der Fokus geht weich vom einen zum anderen.</translation>
    </message>
    <message>
        <source>Export writes the clip with your focus ({key}).</source>
        <translation>Exportieren schreibt den Clip mit diesem Fokus ({key}).</translation>
    </message>
</context>
<context>
    <name>HistogramSlider</name>
    <message>
        <source>Focus d_f</source>
        <translation>Fokus d_f</translation>
    </message>
    <message>
        <source>no depth yet</source>
        <translation>noch keine Tiefe</translation>
    </message>
</context>
<context>
    <name>HoverReadout</name>
    <message>
        <source>Depth is on its way</source>
        <translation>Die Tiefe kommt noch</translation>
    </message>
    <message>
        <source>No depth here</source>
        <translation>Hier keine Tiefe</translation>
    </message>
    <message>
        <source>sharp</source>
        <translation>scharf</translation>
    </message>
    <message>
        <source>blur {radius:.1f} px, in front</source>
        <translation>Unschärfe {radius:.1f} px, davor</translation>
    </message>
    <message>
        <source>blur {radius:.1f} px, behind</source>
        <translation>Unschärfe {radius:.1f} px, dahinter</translation>
    </message>
    <message>
        <source>Disparity {value:.3f} · {blur}</source>
        <translation>Disparität {value:.3f} · {blur}</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>Inspector</source>
        <translation>Inspektor</translation>
    </message>
    <message>
        <source>FOCUS</source>
        <translation>FOKUS</translation>
    </message>
    <message>
        <source>Focus d_f, 0 far to 1 near</source>
        <translation>Fokus d_f, 0 fern bis 1 nah</translation>
    </message>
    <message>
        <source>Focus d_f</source>
        <translation>Fokus d_f</translation>
    </message>
    <message>
        <source>Easing</source>
        <translation>Verlauf</translation>
    </message>
    <message>
        <source>How the value goes on from the key to the next one</source>
        <translation>Wie der Wert vom Keyframe zum nächsten verläuft</translation>
    </message>
    <message>
        <source>Hold</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>Weich</translation>
    </message>
    <message>
        <source>Bezier</source>
        <translation>Bézier</translation>
    </message>
    <message>
        <source>&amp;d_f</source>
        <translation>&amp;d_f</translation>
    </message>
    <message>
        <source>BLUR</source>
        <translation>UNSCHÄRFE</translation>
    </message>
    <message>
        <source>Blur K</source>
        <translation>Unschärfe K</translation>
    </message>
    <message>
        <source>&amp;K</source>
        <translation>&amp;K</translation>
    </message>
    <message>
        <source>RENDERER AND DEPTH</source>
        <translation>RENDERER UND TIEFE</translation>
    </message>
    <message>
        <source>Renderer</source>
        <translation>Renderer</translation>
    </message>
    <message>
        <source>Scatter</source>
        <translation>Scatter</translation>
    </message>
    <message>
        <source>Layered</source>
        <translation>Layered</translation>
    </message>
    <message>
        <source>VBR</source>
        <translation>VBR</translation>
    </message>
    <message>
        <source>The trained network: scatter, with edges mended by what neighbouring frames show</source>
        <translation>Das trainierte Netz: Scatter, die Kanten ausgebessert mit dem, was Nachbarbilder zeigen</translation>
    </message>
    <message>
        <source>Every pixel spreads over its circle of confusion: exact and quick</source>
        <translation>Jedes Pixel verteilt sich über seinen Zerstreuungskreis: genau und schnell</translation>
    </message>
    <message>
        <source>Layers of equal disparity, blurred and composited from back to front</source>
        <translation>Ebenen gleicher Disparität, von hinten nach vorn unscharf gezeichnet und überlagert</translation>
    </message>
    <message>
        <source>Choose the renderer</source>
        <translation>Renderer wählen</translation>
    </message>
    <message>
        <source>&amp;Renderer</source>
        <translation>&amp;Renderer</translation>
    </message>
    <message>
        <source>Depth from</source>
        <translation>Tiefe aus</translation>
    </message>
    <message>
        <source>De&amp;pth from</source>
        <translation>&amp;Tiefe aus</translation>
    </message>
    <message>
        <source>Depth progress</source>
        <translation>Fortschritt der Tiefe</translation>
    </message>
    <message>
        <source>{count} keys selected</source>
        <translation>{count} Keyframes ausgewählt</translation>
    </message>
    <message>
        <source>No key yet. Click the picture to focus there.</source>
        <translation>Noch kein Keyframe. Ins Bild klicken, um dort zu fokussieren.</translation>
    </message>
    <message>
        <source>No key yet. B sets one here.</source>
        <translation>Noch kein Keyframe. B setzt hier einen.</translation>
    </message>
    <message>
        <source>Key at {time}</source>
        <translation>Keyframe bei {time}</translation>
    </message>
    <message>
        <source>Before the first key. A change sets a key here.</source>
        <translation>Vor dem ersten Keyframe. Eine Änderung setzt hier einen.</translation>
    </message>
    <message>
        <source>After the last key. A change sets a key here.</source>
        <translation>Nach dem letzten Keyframe. Eine Änderung setzt hier einen.</translation>
    </message>
    <message>
        <source>Between two keys. A change sets a key here.</source>
        <translation>Zwischen zwei Keyframes. Eine Änderung setzt hier einen.</translation>
    </message>
    <message>
        <source>Starter model</source>
        <translation>Starter-Modell</translation>
    </message>
    <message>
        <source>{title} (not here)</source>
        <translation>{title} (nicht vorhanden)</translation>
    </message>
    <message>
        <source>More models…</source>
        <translation>Weitere Modelle…</translation>
    </message>
    <message>
        <source>Import a folder…</source>
        <translation>Ordner importieren…</translation>
    </message>
    <message>
        <source>Import a video…</source>
        <translation>Video importieren…</translation>
    </message>
    <message>
        <source>Choose the depth</source>
        <translation>Tiefe wählen</translation>
    </message>
    <message>
        <source>No clip</source>
        <translation>Kein Clip</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet…</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Failed: {reason}</source>
        <translation>Fehlgeschlagen: {reason}</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Cancel the depth</source>
        <translation>Tiefe abbrechen</translation>
    </message>
    <message>
        <source>Estimate the depth again</source>
        <translation>Tiefe neu schätzen</translation>
    </message>
    <message>
        <source>{done} of {total}</source>
        <translation>{done} von {total}</translation>
    </message>
    <message>
        <source> · about {time} left</source>
        <translation> · noch etwa {time}</translation>
    </message>
</context>
<context>
    <name>JobStrip</name>
    <message>
        <source>Progress of: {title}</source>
        <translation>Fortschritt von: {title}</translation>
    </message>
    <message>
        <source>Cancel: {title}</source>
        <translation>Abbrechen: {title}</translation>
    </message>
    <message>
        <source>{title} · stopping…</source>
        <translation>{title} · wird angehalten…</translation>
    </message>
    <message>
        <source> · about {time} left</source>
        <translation> · noch etwa {time}</translation>
    </message>
</context>
<context>
    <name>KeyClipboard</name>
    <message>
        <source>Cut keys</source>
        <translation>Keyframes ausschneiden</translation>
    </message>
    <message>
        <source>Delete keys</source>
        <translation>Keyframes löschen</translation>
    </message>
    <message>
        <source>Paste keys</source>
        <translation>Keyframes einfügen</translation>
    </message>
    <message>
        <source>Duplicate keys</source>
        <translation>Keyframes duplizieren</translation>
    </message>
    <message>
        <source>Move keys</source>
        <translation>Keyframes verschieben</translation>
    </message>
</context>
<context>
    <name>KeyController</name>
    <message>
        <source>Add a focus key</source>
        <translation>Fokus-Keyframe setzen</translation>
    </message>
    <message>
        <source>Add a blur key</source>
        <translation>Unschärfe-Keyframe setzen</translation>
    </message>
    <message numerus="yes">
        <source>%n key(s) copied</source>
        <translation>
            <numerusform>%n Keyframe kopiert</numerusform>
            <numerusform>%n Keyframes kopiert</numerusform>
        </translation>
    </message>
    <message>
        <source>There are no keys on the clipboard.</source>
        <translation>In der Zwischenablage sind keine Keyframes.</translation>
    </message>
    <message>
        <source>There is no focus key before the playhead.</source>
        <translation>Vor dem Abspielkopf liegt kein Fokus-Keyframe.</translation>
    </message>
    <message>
        <source>Hold focus until here</source>
        <translation>Fokus bis hier halten</translation>
    </message>
    <message>
        <source>Set focus</source>
        <translation>Fokus setzen</translation>
    </message>
    <message>
        <source>Set blur</source>
        <translation>Unschärfe setzen</translation>
    </message>
    <message>
        <source>Change easing</source>
        <translation>Verlauf ändern</translation>
    </message>
</context>
<context>
    <name>KeyFields</name>
    <message>
        <source>Frame</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>Frame of the selected key</source>
        <translation>Bild des ausgewählten Keyframes</translation>
    </message>
    <message>
        <source>Value of the selected keys</source>
        <translation>Wert der ausgewählten Keyframes</translation>
    </message>
    <message>
        <source>Move key</source>
        <translation>Keyframe verschieben</translation>
    </message>
    <message>
        <source>Set the value of {0} keys</source>
        <translation>Wert von {0} Keyframes setzen</translation>
    </message>
</context>
<context>
    <name>KeyMenu</name>
    <message>
        <source>Hold</source>
        <translation>Halten</translation>
    </message>
    <message>
        <source>Linear</source>
        <translation>Linear</translation>
    </message>
    <message>
        <source>Smooth</source>
        <translation>Weich</translation>
    </message>
    <message>
        <source>Bezier</source>
        <translation>Bézier</translation>
    </message>
    <message>
        <source>Focus</source>
        <translation>Fokus</translation>
    </message>
    <message>
        <source>Blur</source>
        <translation>Unschärfe</translation>
    </message>
    <message>
        <source>Set easing</source>
        <translation>Verlauf setzen</translation>
    </message>
    <message>
        <source>Add key</source>
        <translation>Keyframe setzen</translation>
    </message>
    <message>
        <source>Hold until here</source>
        <translation>Bis hier halten</translation>
    </message>
    <message>
        <source>Go to key</source>
        <translation>Zum Keyframe gehen</translation>
    </message>
    <message>
        <source>Cut</source>
        <translation>Ausschneiden</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Duplicate</source>
        <translation>Duplizieren</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Delete {0} keys</source>
        <translation>{0} Keyframes löschen</translation>
    </message>
    <message>
        <source>Add key here</source>
        <translation>Hier Keyframe setzen</translation>
    </message>
    <message>
        <source>Paste at the playhead</source>
        <translation>Am Abspielkopf einfügen</translation>
    </message>
    <message>
        <source>Select all keys of this row</source>
        <translation>Alle Keyframes dieser Zeile auswählen</translation>
    </message>
</context>
<context>
    <name>KeyRows</name>
    <message>
        <source>Keyframes</source>
        <translation>Keyframes</translation>
    </message>
    <message>
        <source>Arrow keys walk from key to key</source>
        <translation>Pfeiltasten gehen von Keyframe zu Keyframe</translation>
    </message>
    <message>
        <source>Move keys</source>
        <translation>Keyframes verschieben</translation>
    </message>
</context>
<context>
    <name>LicenceNote</name>
    <message>
        <source>The depth is made with {title}, under {licence}: not for commercial work.</source>
        <translation>Die Tiefe stammt von {title}, unter {licence}: nicht für kommerzielle Arbeit.</translation>
    </message>
</context>
<context>
    <name>LookPanel</name>
    <message>
        <source>Look</source>
        <translation>Look</translation>
    </message>
    <message>
        <source>A look sets all values of this section at once, for the whole clip</source>
        <translation>Ein Look setzt alle Werte dieses Abschnitts auf einmal, für den ganzen Clip</translation>
    </message>
    <message>
        <source>Keep this look under a name of your own</source>
        <translation>Diesen Look unter eigenem Namen behalten</translation>
    </message>
    <message>
        <source>Delete this look of your own</source>
        <translation>Diesen eigenen Look löschen</translation>
    </message>
    <message>
        <source>Aperture as an f-number</source>
        <translation>Blende als Blendenzahl</translation>
    </message>
    <message>
        <source>The blur amount K as the f-number of a 50 mm lens on full frame, the nearest thing one metre away: K = 66.7 / N</source>
        <translation>Die Unschärfe K als Blendenzahl eines 50-mm-Objektivs auf Vollformat, das Nächste einen Meter entfernt: K = 66,7 / N</translation>
    </message>
    <message>
        <source>Aperture and highlights</source>
        <translation>Blende und Lichter</translation>
    </message>
    <message>
        <source>Near blur</source>
        <translation>Nah-Unschärfe</translation>
    </message>
    <message>
        <source>Factor on the blur in front of the focal plane</source>
        <translation>Faktor auf die Unschärfe vor der Schärfeebene</translation>
    </message>
    <message>
        <source>Far blur</source>
        <translation>Fern-Unschärfe</translation>
    </message>
    <message>
        <source>Factor on the blur behind the focal plane</source>
        <translation>Faktor auf die Unschärfe hinter der Schärfeebene</translation>
    </message>
    <message>
        <source>Blades</source>
        <translation>Lamellen</translation>
    </message>
    <message>
        <source>Corners of the aperture, 3 to 11; 0 is a circle</source>
        <translation>Ecken der Blende, 3 bis 11; 0 ist ein Kreis</translation>
    </message>
    <message>
        <source>Roundness</source>
        <translation>Rundung</translation>
    </message>
    <message>
        <source>0: straight blades, 1: a circle</source>
        <translation>0: gerade Lamellen, 1: ein Kreis</translation>
    </message>
    <message>
        <source>Rotation</source>
        <translation>Drehung</translation>
    </message>
    <message>
        <source>Of the aperture, clockwise</source>
        <translation>Der Blende, im Uhrzeigersinn</translation>
    </message>
    <message>
        <source>Cat-eye</source>
        <translation>Katzenauge</translation>
    </message>
    <message>
        <source>How far the barrel cuts the aperture off toward the corners of the picture</source>
        <translation>Wie weit der Tubus die Blende zu den Bildecken hin beschneidet</translation>
    </message>
    <message>
        <source>Anamorphic</source>
        <translation>Anamorph</translation>
    </message>
    <message>
        <source>Height over width of the blur: 2 is the upright oval of a 2x lens</source>
        <translation>Höhe zu Breite der Unschärfe: 2 ist das stehende Oval eines 2x-Objektivs</translation>
    </message>
    <message>
        <source>Highlights</source>
        <translation>Lichter</translation>
    </message>
    <message>
        <source>How much brighter blurred highlights get, in stops</source>
        <translation>Wie viel heller unscharfe Lichter werden, in Blendenstufen</translation>
    </message>
    <message>
        <source>From level</source>
        <translation>Ab Pegel</translation>
    </message>
    <message>
        <source>Level from which a blurred highlight gets brighter; 1 is white</source>
        <translation>Pegel, ab dem ein unscharfes Licht heller wird; 1 ist Weiß</translation>
    </message>
    <message>
        <source>&amp;Aperture</source>
        <translation>&amp;Blende</translation>
    </message>
    <message>
        <source>Choose a look</source>
        <translation>Look wählen</translation>
    </message>
    <message>
        <source>Set the f-number</source>
        <translation>Blendenzahl setzen</translation>
    </message>
    <message>
        <source>Own values</source>
        <translation>Eigene Werte</translation>
    </message>
    <message>
        <source>The renderer Layered blurs with one aperture in the whole picture</source>
        <translation>Der Renderer Layered zeichnet im ganzen Bild mit einer Blende unscharf</translation>
    </message>
    <message>
        <source>A circle has no blades</source>
        <translation>Ein Kreis hat keine Lamellen</translation>
    </message>
    <message>
        <source>Highlights are not made brighter</source>
        <translation>Lichter werden nicht aufgehellt</translation>
    </message>
</context>
<context>
    <name>LookPresets</name>
    <message>
        <source>Clean 50 mm</source>
        <translation>Klar 50 mm</translation>
    </message>
    <message>
        <source>Vintage cat-eye</source>
        <translation>Vintage-Katzenauge</translation>
    </message>
    <message>
        <source>Anamorphic 2x</source>
        <translation>Anamorph 2x</translation>
    </message>
    <message>
        <source>Hexagon</source>
        <translation>Sechseck</translation>
    </message>
    <message>
        <source>Dreamy highlights</source>
        <translation>Verträumte Lichter</translation>
    </message>
    <message>
        <source>The look has no name.</source>
        <translation>Der Look hat keinen Namen.</translation>
    </message>
    <message>
        <source>Give it one.</source>
        <translation>Einen Namen eingeben.</translation>
    </message>
    <message>
        <source>The name of the look is too long.</source>
        <translation>Der Name des Looks ist zu lang.</translation>
    </message>
    <message>
        <source>Choose a shorter one.</source>
        <translation>Einen kürzeren wählen.</translation>
    </message>
    <message>
        <source>“{name}” is a look that comes with the program.</source>
        <translation>„{name}“ ist ein mitgelieferter Look.</translation>
    </message>
    <message>
        <source>Choose another name.</source>
        <translation>Einen anderen Namen wählen.</translation>
    </message>
</context>
<context>
    <name>LookRow</name>
    <message>
        <source>Key {value} at the playhead</source>
        <translation>{value} am Abspielkopf als Keyframe setzen</translation>
    </message>
    <message>
        <source>Reset {value}</source>
        <translation>{value} zurücksetzen</translation>
    </message>
    <message>
        <source>The blades of a lens do not change within a clip</source>
        <translation>Die Lamellen eines Objektivs ändern sich nicht innerhalb eines Clips</translation>
    </message>
    <message>
        <source>Key {value}</source>
        <translation>Keyframe für {value}</translation>
    </message>
    <message>
        <source>Set {value}</source>
        <translation>{value} setzen</translation>
    </message>
</context>
<context>
    <name>MainWindow</name>
    <message>
        <source>LOOK</source>
        <translation>LOOK</translation>
    </message>
    <message>
        <source>FOLLOW AND RACK</source>
        <translation>VERFOLGEN UND VERLAGERN</translation>
    </message>
    <message>
        <source>DEPTH REPAIR</source>
        <translation>TIEFENKORREKTUR</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Written: {path}</source>
        <translation>Geschrieben: {path}</translation>
    </message>
    <message>
        <source>Focus here</source>
        <translation>Hierauf fokussieren</translation>
    </message>
    <message>
        <source>Focus here, without easing</source>
        <translation>Hierauf fokussieren, ohne Übergang</translation>
    </message>
    <message>
        <source>Only show what lies there</source>
        <translation>Nur zeigen, was dort liegt</translation>
    </message>
    <message>
        <source>Follow this point</source>
        <translation>Diesen Punkt verfolgen</translation>
    </message>
    <message>
        <source>Stopping what is running…</source>
        <translation>Laufendes wird angehalten…</translation>
    </message>
</context>
<context>
    <name>ModelRow</name>
    <message>
        <source>Input: {rule}</source>
        <translation>Eingabe: {rule}</translation>
    </message>
    <message>
        <source>Progress of {title}</source>
        <translation>Fortschritt von {title}</translation>
    </message>
    <message>
        <source>about {size}</source>
        <translation>etwa {size}</translation>
    </message>
    <message>
        <source>Free for any use, also commercial</source>
        <translation>Frei für jeden Zweck, auch kommerziell</translation>
    </message>
    <message>
        <source>Not for commercial work</source>
        <translation>Nicht für kommerzielle Arbeit</translation>
    </message>
    <message>
        <source>Fast</source>
        <translation>Schnell</translation>
    </message>
    <message>
        <source>Medium</source>
        <translation>Mittel</translation>
    </message>
    <message>
        <source>Slow</source>
        <translation>Langsam</translation>
    </message>
    <message>
        <source>More for {title}</source>
        <translation>Mehr zu {title}</translation>
    </message>
    <message>
        <source>&amp;Import a file…</source>
        <translation>Datei &amp;importieren…</translation>
    </message>
    <message>
        <source>&amp;Verify</source>
        <translation>&amp;Prüfen</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>&amp;Web page of the publisher</source>
        <translation>&amp;Webseite des Herausgebers</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>ships with the program</source>
        <translation>wird mitgeliefert</translation>
    </message>
    <message>
        <source>checked when it came</source>
        <translation>beim Eintreffen geprüft</translation>
    </message>
    <message>
        <source>Here</source>
        <translation>Vorhanden</translation>
    </message>
    <message>
        <source>is checked before it is used</source>
        <translation>wird vor der Verwendung geprüft</translation>
    </message>
    <message>
        <source>Damaged</source>
        <translation>Beschädigt</translation>
    </message>
    <message>
        <source>not the right file</source>
        <translation>nicht die richtige Datei</translation>
    </message>
    <message>
        <source>Partly here</source>
        <translation>Teilweise vorhanden</translation>
    </message>
    <message>
        <source>{have} of {size}</source>
        <translation>{have} von {size}</translation>
    </message>
    <message>
        <source>Not here</source>
        <translation>Nicht vorhanden</translation>
    </message>
    <message>
        <source>In use</source>
        <translation>In Verwendung</translation>
    </message>
    <message>
        <source>checked just now</source>
        <translation>gerade geprüft</translation>
    </message>
    <message>
        <source>Downloading</source>
        <translation>Wird geladen</translation>
    </message>
    <message>
        <source>Checking</source>
        <translation>Wird geprüft</translation>
    </message>
    <message>
        <source>Importing</source>
        <translation>Wird importiert</translation>
    </message>
    <message>
        <source>Removing</source>
        <translation>Wird entfernt</translation>
    </message>
    <message>
        <source>starting…</source>
        <translation>wird gestartet…</translation>
    </message>
    <message>
        <source>waiting to try again</source>
        <translation>wartet auf neuen Versuch</translation>
    </message>
    <message>
        <source> · about {time}</source>
        <translation> · etwa {time}</translation>
    </message>
    <message>
        <source>stopping…</source>
        <translation>wird angehalten…</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Cancel: {title}</source>
        <translation>Abbrechen: {title}</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Verwenden</translation>
    </message>
    <message>
        <source>Use {title}</source>
        <translation>{title} verwenden</translation>
    </message>
    <message>
        <source>The project uses it</source>
        <translation>Das Projekt verwendet es</translation>
    </message>
    <message>
        <source>Open a clip first</source>
        <translation>Zuerst einen Clip öffnen</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Get again</source>
        <translation>Neu laden</translation>
    </message>
    <message>
        <source>Get</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Get {title}</source>
        <translation>{title} laden</translation>
    </message>
    <message>
        <source>Download {size}</source>
        <translation>{size} herunterladen</translation>
    </message>
    <message>
        <source>Nobody publishes a checksum (SHA-256) of this file: {digits}… is trusted because it came first.</source>
        <translation>Niemand veröffentlicht eine Prüfsumme (SHA-256) dieser Datei: {digits}… gilt, weil sie zuerst kam.</translation>
    </message>
    <message>
        <source>Nobody publishes a checksum (SHA-256) of this file: the first one that arrives is trusted, and later ones must equal it.</source>
        <translation>Niemand veröffentlicht eine Prüfsumme (SHA-256) dieser Datei: Die erste, die eintrifft, gilt, und spätere müssen ihr gleichen.</translation>
    </message>
</context>
<context>
    <name>ModelsController</name>
    <message>
        <source>Getting {title}</source>
        <translation>{title} wird geladen</translation>
    </message>
    <message>
        <source>Checking {title}</source>
        <translation>{title} wird geprüft</translation>
    </message>
    <message>
        <source>Importing {title}</source>
        <translation>{title} wird importiert</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Depth models</source>
        <translation>Tiefenmodelle</translation>
    </message>
    <message>
        <source>&amp;Commercially safe only</source>
        <translation>Nur &amp;kommerziell nutzbare</translation>
    </message>
    <message>
        <source>Show only models whose results may be used in paid work</source>
        <translation>Nur Modelle zeigen, deren Ergebnisse in bezahlter Arbeit verwendet werden dürfen</translation>
    </message>
    <message>
        <source>Show the &amp;folder</source>
        <translation>&amp;Ordner zeigen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Networks that estimate depth from the picture. Nothing is downloaded until you ask, and every file is checked before it is used.</source>
        <translation>Netze, die aus dem Bild die Tiefe schätzen. Nichts wird ungefragt heruntergeladen, und jede Datei wird vor der Verwendung geprüft.</translation>
    </message>
    <message>
        <source>Licence</source>
        <translation>Lizenz</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Download</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Stand</translation>
    </message>
    <message>
        <source>What weights and network need for one picture, about</source>
        <translation>Was Gewichte und Netz für ein Bild etwa brauchen</translation>
    </message>
    <message>
        <source>On a processor, against the starter: fast is up to about 3 times its time, medium up to about 30</source>
        <translation>Auf einem Prozessor, gegen den Starter: schnell heißt bis etwa 3-mal seine Zeit, mittel bis etwa 30-mal</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Kept in {folder}</source>
        <translation>Abgelegt in {folder}</translation>
    </message>
    <message>
        <source>The open project uses {title}, which is not for commercial work.</source>
        <translation>Das offene Projekt verwendet {title}; es ist nicht für kommerzielle Arbeit.</translation>
    </message>
    <message>
        <source>Choose the depth</source>
        <translation>Tiefe wählen</translation>
    </message>
</context>
<context>
    <name>PreferencesDialog</name>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Looking for devices…</source>
        <translation>Geräte werden gesucht…</translation>
    </message>
    <message>
        <source>Nothing moves by itself</source>
        <translation>Nichts bewegt sich von selbst</translation>
    </message>
    <message>
        <source>Pages</source>
        <translation>Seiten</translation>
    </message>
    <message>
        <source>General</source>
        <translation>Allgemein</translation>
    </message>
    <message>
        <source>Appearance</source>
        <translation>Darstellung</translation>
    </message>
    <message>
        <source>Rendering</source>
        <translation>Rendern</translation>
    </message>
    <message>
        <source>Storage</source>
        <translation>Speicherort</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>The language changes when the program is started again.</source>
        <translation>Die Sprache wechselt beim nächsten Programmstart.</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farbschema</translation>
    </message>
    <message>
        <source>Motion</source>
        <translation>Bewegung</translation>
    </message>
    <message>
        <source>Size of everything</source>
        <translation>Größe von allem</translation>
    </message>
    <message>
        <source>The size changes when the program is started again.</source>
        <translation>Die Größe ändert sich beim nächsten Start des Programms.</translation>
    </message>
    <message>
        <source>Automatic: a GPU if there is one</source>
        <translation>Automatisch: eine GPU, wenn es sie gibt</translation>
    </message>
    <message>
        <source>CPU only</source>
        <translation>Nur CPU</translation>
    </message>
    <message>
        <source>VBR (best)</source>
        <translation>VBR (am besten)</translation>
    </message>
    <message>
        <source>Scatter (no network)</source>
        <translation>Scatter (ohne Netz)</translation>
    </message>
    <message>
        <source>Layered (fastest)</source>
        <translation>Layered (am schnellsten)</translation>
    </message>
    <message>
        <source>{count} MiB</source>
        <translation>{count} MiB</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>{count} GiB</source>
        <translation>{count} GiB</translation>
    </message>
    <message>
        <source>Keep at most</source>
        <translation>Höchstens behalten:</translation>
    </message>
    <message>
        <source>Most depth that is kept</source>
        <translation>Wie viel Tiefe höchstens behalten wird</translation>
    </message>
    <message>
        <source>of depth; what was not used for longest goes first</source>
        <translation>an Tiefe; am längsten Unbenutztes geht zuerst</translation>
    </message>
    <message>
        <source>{device}; used from the next clip that is opened</source>
        <translation>{device}; gilt ab dem nächsten geöffneten Clip</translation>
    </message>
    <message>
        <source>Renderer of new documents</source>
        <translation>Renderer neuer Dokumente</translation>
    </message>
    <message>
        <source>Renderer</source>
        <translation>Renderer</translation>
    </message>
    <message>
        <source>Memory for preview pictures</source>
        <translation>Speicher für Vorschaubilder</translation>
    </message>
</context>
<context>
    <name>Prerender</name>
    <message>
        <source>Rendering the preview in the background stopped: {0}</source>
        <translation>Das Rendern der Vorschau im Hintergrund wurde angehalten: {0}</translation>
    </message>
    <message>
        <source>It goes on when it is switched on again in the Clip menu, or with another clip.</source>
        <translation>Es geht weiter, wenn es im Menü „Clip“ wieder eingeschaltet wird, oder mit einem anderen Clip.</translation>
    </message>
</context>
<context>
    <name>ProgressPage</name>
    <message>
        <source>Export progress</source>
        <translation>Fortschritt des Exports</translation>
    </message>
    <message>
        <source>&amp;Sound when it is done</source>
        <translation>&amp;Ton, wenn er fertig ist</translation>
    </message>
    <message>
        <source>Cancel the export</source>
        <translation>Export abbrechen</translation>
    </message>
    <message>
        <source>Go on in the background</source>
        <translation>Im Hintergrund fortsetzen</translation>
    </message>
    <message>
        <source>Exporting “{name}”</source>
        <translation>„{name}“ wird exportiert</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Wird gestartet…</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Wird angehalten…</translation>
    </message>
</context>
<context>
    <name>Recovery</name>
    <message>
        <source>Recovered. Save it to keep it.</source>
        <translation>Wiederhergestellt. Zum Behalten speichern.</translation>
    </message>
    <message>
        <source>Not recovered; it is kept, and offered again at the next start.</source>
        <translation>Nicht wiederhergestellt; es bleibt erhalten und wird beim nächsten Start wieder angeboten.</translation>
    </message>
    <message>
        <source>There is no unsaved work to recover.</source>
        <translation>Es gibt keine ungesicherte Arbeit wiederherzustellen.</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>Unbenannt</translation>
    </message>
</context>
<context>
    <name>RecoveryDialog</name>
    <message>
        <source>Unsaved work</source>
        <translation>Ungesicherte Arbeit</translation>
    </message>
    <message>
        <source>VBR Studio did not come to a proper end. This is what it kept; it differs from what was saved last.</source>
        <translation>VBR Studio wurde nicht ordentlich beendet. Dies wurde aufbewahrt; es weicht vom zuletzt Gespeicherten ab.</translation>
    </message>
    <message>
        <source>&amp;Recover</source>
        <translation>&amp;Wiederherstellen</translation>
    </message>
    <message>
        <source>&amp;Later</source>
        <translation>&amp;Später</translation>
    </message>
    <message>
        <source>It stays where it is, and is offered again at the next start</source>
        <translation>Es bleibt, wo es ist, und wird beim nächsten Start wieder angeboten</translation>
    </message>
    <message>
        <source>&amp;Throw away…</source>
        <translation>&amp;Verwerfen…</translation>
    </message>
    <message>
        <source>kept {when}</source>
        <translation>aufbewahrt {when}</translation>
    </message>
    <message>
        <source>never saved, {about}</source>
        <translation>nie gespeichert, {about}</translation>
    </message>
    <message>
        <source>Untitled</source>
        <translation>Unbenannt</translation>
    </message>
</context>
<context>
    <name>Relinker</name>
    <message>
        <source>It was: {clip}</source>
        <translation>Es war: {clip}</translation>
    </message>
    <message>
        <source>Searching “{folder}”</source>
        <translation>„{folder}“ wird durchsucht</translation>
    </message>
    <message>
        <source>“{name}” is not in “{folder}”.</source>
        <translation>„{name}“ ist nicht in „{folder}“.</translation>
    </message>
</context>
<context>
    <name>RepairController</name>
    <message>
        <source>Mark a part of the picture first, with the lasso or the brush.</source>
        <translation>Zuerst einen Teil des Bildes mit Lasso oder Pinsel markieren.</translation>
    </message>
    <message>
        <source>Click the place whose depth it should take. Esc: not now.</source>
        <translation>Die Stelle anklicken, deren Tiefe übernommen wird. Esc: nicht jetzt.</translation>
    </message>
    <message>
        <source>Same depth</source>
        <translation>Gleiche Tiefe</translation>
    </message>
    <message>
        <source>Push behind</source>
        <translation>Dahinter schieben</translation>
    </message>
    <message>
        <source>Flatten</source>
        <translation>Ebnen</translation>
    </message>
    <message>
        <source>Change a depth repair</source>
        <translation>Tiefenkorrektur ändern</translation>
    </message>
    <message>
        <source>Switch a depth repair on</source>
        <translation>Tiefenkorrektur einschalten</translation>
    </message>
    <message>
        <source>Switch a depth repair off</source>
        <translation>Tiefenkorrektur ausschalten</translation>
    </message>
    <message>
        <source>Change the frames of a depth repair</source>
        <translation>Bilder einer Tiefenkorrektur ändern</translation>
    </message>
    <message>
        <source>Change the order of depth repairs</source>
        <translation>Reihenfolge der Tiefenkorrekturen ändern</translation>
    </message>
    <message>
        <source>Delete a depth repair</source>
        <translation>Tiefenkorrektur löschen</translation>
    </message>
    <message>
        <source>Set depth levels</source>
        <translation>Tonwerte der Tiefe setzen</translation>
    </message>
    <message>
        <source>Reset depth levels</source>
        <translation>Tonwerte der Tiefe zurücksetzen</translation>
    </message>
</context>
<context>
    <name>Resampler</name>
    <message>
        <source>Clicked focus follows the new depth</source>
        <translation>Angeklickter Fokus folgt der neuen Tiefe</translation>
    </message>
    <message>
        <source>One clicked focus key follows the new depth.</source>
        <translation>Ein angeklickter Fokus-Keyframe folgt der neuen Tiefe.</translation>
    </message>
    <message>
        <source>{count} clicked focus keys follow the new depth.</source>
        <translation>{count} angeklickte Fokus-Keyframes folgen der neuen Tiefe.</translation>
    </message>
</context>
<context>
    <name>RowHead</name>
    <message>
        <source>Previous key of this row</source>
        <translation>Voriger Keyframe dieser Zeile</translation>
    </message>
    <message>
        <source>Add or remove a key at the playhead</source>
        <translation>Keyframe am Abspielkopf setzen oder entfernen</translation>
    </message>
    <message>
        <source>Next key of this row</source>
        <translation>Nächster Keyframe dieser Zeile</translation>
    </message>
    <message>
        <source>Delete keys</source>
        <translation>Keyframes löschen</translation>
    </message>
</context>
<context>
    <name>Ruler</name>
    <message>
        <source>Time ruler</source>
        <translation>Zeitlineal</translation>
    </message>
    <message>
        <source>Time code</source>
        <translation>Timecode</translation>
    </message>
    <message>
        <source>Frame numbers</source>
        <translation>Bildnummern</translation>
    </message>
    <message>
        <source>Range begins at the playhead</source>
        <translation>Bereich beginnt am Abspielkopf</translation>
    </message>
    <message>
        <source>Range ends at the playhead</source>
        <translation>Bereich endet am Abspielkopf</translation>
    </message>
    <message>
        <source>Range is this shot</source>
        <translation>Bereich ist diese Einstellung</translation>
    </message>
    <message>
        <source>Range is the whole clip</source>
        <translation>Bereich ist der ganze Clip</translation>
    </message>
</context>
<context>
    <name>SharpZoneRow</name>
    <message>
        <source>Disparity on either side of the focal plane that stays fully sharp, so that a whole face is in focus. One value for the clip; 0 is a plain lens. View 7 shows the zone.</source>
        <translation>Disparität zu beiden Seiten der Schärfeebene, die ganz scharf bleibt, damit ein ganzes Gesicht scharf ist. Ein Wert für den Clip; 0 ist ein gewöhnliches Objektiv. Ansicht 7 zeigt die Zone.</translation>
    </message>
    <message>
        <source>Sharp zone</source>
        <translation>Schärfezone</translation>
    </message>
    <message>
        <source>S&amp;harp zone</source>
        <translation>&amp;Schärfezone</translation>
    </message>
    <message>
        <source>Set the sharp zone</source>
        <translation>Schärfezone setzen</translation>
    </message>
</context>
<context>
    <name>ShortcutSheet</name>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>Mouse and held keys</source>
        <translation>Maus und gehaltene Tasten</translation>
    </message>
    <message>
        <source>Timeline and graph</source>
        <translation>Zeitleiste und Kurven</translation>
    </message>
    <message>
        <source>Double-click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>Add a key, or go to it</source>
        <translation>Keyframe setzen oder zu ihm gehen</translation>
    </message>
    <message>
        <source>Alt + drag</source>
        <translation>Alt + Ziehen</translation>
    </message>
    <message>
        <source>Move keys without snapping</source>
        <translation>Keyframes ohne Einrasten verschieben</translation>
    </message>
    <message>
        <source>Wheel</source>
        <translation>Mausrad</translation>
    </message>
    <message>
        <source>Scroll</source>
        <translation>Rollen</translation>
    </message>
    <message>
        <source>Ctrl + wheel</source>
        <translation>Strg + Mausrad</translation>
    </message>
    <message>
        <source>Zoom at the cursor</source>
        <translation>Am Zeiger zoomen</translation>
    </message>
    <message>
        <source>Tab, arrows</source>
        <translation>Tab, Pfeile</translation>
    </message>
    <message>
        <source>Walk from key to key</source>
        <translation>Von Keyframe zu Keyframe gehen</translation>
    </message>
    <message>
        <source>Alt + arrows</source>
        <translation>Alt + Pfeile</translation>
    </message>
    <message>
        <source>Move the key in time or value</source>
        <translation>Keyframe in Zeit oder Wert verschieben</translation>
    </message>
</context>
<context>
    <name>ShortcutsEditor</name>
    <message>
        <source>Search commands and keys</source>
        <translation>Befehle und Tasten suchen</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Commands and their keys</source>
        <translation>Befehle und ihre Tasten</translation>
    </message>
    <message>
        <source>Press the new key</source>
        <translation>Neue Taste drücken</translation>
    </message>
    <message>
        <source>&amp;Replace</source>
        <translation>&amp;Ersetzen</translation>
    </message>
    <message>
        <source>&amp;No key</source>
        <translation>&amp;Keine Taste</translation>
    </message>
    <message>
        <source>R&amp;eset</source>
        <translation>&amp;Zurücksetzen</translation>
    </message>
    <message>
        <source>Reset &amp;all</source>
        <translation>&amp;Alle zurücksetzen</translation>
    </message>
    <message>
        <source>Click the field and press the key for the selected command.</source>
        <translation>Ins Feld klicken und die Taste für den ausgewählten Befehl drücken.</translation>
    </message>
    <message>
        <source>{key} has a fixed meaning and cannot be changed.</source>
        <translation>{key} hat eine feste Bedeutung und lässt sich nicht ändern.</translation>
    </message>
    <message>
        <source>{key} belongs to “{command}”. Replace takes it from there.</source>
        <translation>{key} gehört zu „{command}“. Ersetzen nimmt sie dort weg.</translation>
    </message>
</context>
<context>
    <name>ShotController</name>
    <message>
        <source>A shot begins at this frame already.</source>
        <translation>An diesem Bild beginnt schon eine Einstellung.</translation>
    </message>
    <message>
        <source>Cut here</source>
        <translation>Schnitt hier</translation>
    </message>
    <message>
        <source>This is the first shot: there is none before it to join it with.</source>
        <translation>Das ist die erste Einstellung: davor ist keine, mit der sie verbunden werden könnte.</translation>
    </message>
    <message>
        <source>Join shots</source>
        <translation>Einstellungen verbinden</translation>
    </message>
</context>
<context>
    <name>ShotStrip</name>
    <message>
        <source>Shots and depth</source>
        <translation>Einstellungen und Tiefe</translation>
    </message>
    <message>
        <source>depth is ready here</source>
        <translation>Tiefe ist hier fertig</translation>
    </message>
    <message>
        <source>no depth here yet</source>
        <translation>hier noch keine Tiefe</translation>
    </message>
    <message>
        <source>{0} · {1} % of the clip</source>
        <translation>{0} · {1} % des Clips</translation>
    </message>
</context>
<context>
    <name>SoundDevice</name>
    <message>
        <source>a system library for sound is missing</source>
        <translation>eine Systembibliothek für Ton fehlt</translation>
    </message>
    <message>
        <source>there is no sound device</source>
        <translation>es gibt kein Audiogerät</translation>
    </message>
    <message>
        <source>the sound device takes no stereo sound</source>
        <translation>das Audiogerät nimmt keinen Stereoton</translation>
    </message>
</context>
<context>
    <name>SoundFeeder</name>
    <message>
        <source>Reading the sound…</source>
        <translation>Der Ton wird gelesen…</translation>
    </message>
    <message>
        <source>Reading the sound: {0} %</source>
        <translation>Der Ton wird gelesen: {0} %</translation>
    </message>
    <message>
        <source>The sound cannot be read: {0}</source>
        <translation>Der Ton lässt sich nicht lesen: {0}</translation>
    </message>
</context>
<context>
    <name>SoundPlayer</name>
    <message>
        <source>the sound device does not answer</source>
        <translation>das Audiogerät antwortet nicht</translation>
    </message>
    <message>
        <source>the sound cannot be decoded in time</source>
        <translation>der Ton lässt sich nicht rechtzeitig dekodieren</translation>
    </message>
</context>
<context>
    <name>SoundRow</name>
    <message>
        <source>Sound</source>
        <translation>Ton</translation>
    </message>
</context>
<context>
    <name>SpokenState</name>
    <message>
        <source>Frame {frame}, focus {focus}, blur {blur}.</source>
        <translation>Bild {frame}, Fokus {focus}, Unschärfe {blur}.</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>Show what failed</source>
        <translation>Zeigen, was fehlschlug</translation>
    </message>
    <message>
        <source> ({count} errors)</source>
        <translation> ({count} Fehler)</translation>
    </message>
    <message>
        <source>Failed: {message}</source>
        <translation>Fehlgeschlagen: {message}</translation>
    </message>
    <message>
        <source>saved {time:%H:%M}</source>
        <translation>gespeichert {time:%H:%M}</translation>
    </message>
</context>
<context>
    <name>StoragePage</name>
    <message>
        <source>&amp;Clear…</source>
        <translation>&amp;Leeren…</translation>
    </message>
    <message>
        <source>Deletes depth and waveforms, which are made again when needed</source>
        <translation>Löscht Tiefe und Wellenformen; sie werden bei Bedarf neu erzeugt</translation>
    </message>
    <message>
        <source>&amp;Move to another folder…</source>
        <translation>In anderen Ordner &amp;verschieben…</translation>
    </message>
    <message>
        <source>&amp;Delete now</source>
        <translation>Jetzt &amp;löschen</translation>
    </message>
    <message>
        <source>Estimated depth, waveforms and fetched models are kept in this folder:</source>
        <translation>In diesem Ordner liegen geschätzte Tiefe, Wellenformen und geladene Modelle:</translation>
    </message>
    <message>
        <source>Close the document first: it uses these files.</source>
        <translation>Zuerst das Dokument schließen: Es verwendet diese Dateien.</translation>
    </message>
    <message>
        <source>Something is running that may use these files.</source>
        <translation>Es läuft etwas, das diese Dateien verwenden könnte.</translation>
    </message>
    <message>
        <source>Looking at the folder…</source>
        <translation>Der Ordner wird durchgesehen…</translation>
    </message>
    <message>
        <source>{made} that can be made again, {models} of models; {free} free on this disk</source>
        <translation>{made} neu erzeugbar, {models} Modelle; {free} auf diesem Datenträger frei</translation>
    </message>
    <message>
        <source>Clearing the cache</source>
        <translation>Cache wird geleert</translation>
    </message>
    <message>
        <source>New cache folder</source>
        <translation>Neuer Cache-Ordner</translation>
    </message>
    <message>
        <source>Moving the cache</source>
        <translation>Cache wird verschoben</translation>
    </message>
    <message>
        <source>Deleting the old cache</source>
        <translation>Alter Cache wird gelöscht</translation>
    </message>
    <message numerus="yes">
        <source>%n file(s) could not be deleted from {folder}.</source>
        <translation>
            <numerusform>%n Datei ließ sich nicht aus {folder} löschen.</numerusform>
            <numerusform>%n Dateien ließen sich nicht aus {folder} löschen.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SubjectWalk</name>
    <message>
        <source>{number} of {count}</source>
        <translation>{number} von {count}</translation>
    </message>
    <message>
        <source>{place}: d_f {disparity}, Return focuses here</source>
        <translation>{place}: d_f {disparity}, Eingabe stellt hier scharf</translation>
    </message>
</context>
<context>
    <name>Timecode</name>
    <message>
        <source>{low} to {high}</source>
        <translation>{low} bis {high}</translation>
    </message>
</context>
<context>
    <name>TimelineView</name>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Zoom the timeline out (Ctrl + wheel)</source>
        <translation>Zeitleiste verkleinern (Strg + Mausrad)</translation>
    </message>
    <message>
        <source>Zoom the timeline in (Ctrl + wheel)</source>
        <translation>Zeitleiste vergrößern (Strg + Mausrad)</translation>
    </message>
    <message>
        <source>Show the whole clip</source>
        <translation>Ganzen Clip zeigen</translation>
    </message>
    <message>
        <source>Shots · depth</source>
        <translation>Einstellungen · Tiefe</translation>
    </message>
    <message>
        <source>Film</source>
        <translation>Film</translation>
    </message>
    <message>
        <source>Sound</source>
        <translation>Ton</translation>
    </message>
    <message>
        <source>{0:g} fps</source>
        <translation>{0:g} B/s</translation>
    </message>
</context>
<context>
    <name>TransportBar</name>
    <message>
        <source>Click to change between time code and frames</source>
        <translation>Klicken wechselt zwischen Timecode und Bildern</translation>
    </message>
    <message>
        <source>Playing speed</source>
        <translation>Abspieltempo</translation>
    </message>
    <message>
        <source>Marked range</source>
        <translation>Markierter Bereich</translation>
    </message>
    <message>
        <source>Volume</source>
        <translation>Lautstärke</translation>
    </message>
    <message>
        <source>Transport</source>
        <translation>Transport</translation>
    </message>
    <message>
        <source>This clip has no sound</source>
        <translation>Dieser Clip hat keinen Ton</translation>
    </message>
    <message>
        <source>Playing without sound: {0}</source>
        <translation>Wiedergabe ohne Ton: {0}</translation>
    </message>
    <message>
        <source>Mute ({0}). Sound is played forwards at normal speed only</source>
        <translation>Stumm ({0}). Ton gibt es nur vorwärts in normalem Tempo</translation>
    </message>
    <message>
        <source>Volume {0} %</source>
        <translation>Lautstärke {0} %</translation>
    </message>
    <message>
        <source>Marked range: {0} frames</source>
        <translation>Markierter Bereich: {0} Bilder</translation>
    </message>
    <message>
        <source>Time {0} of {1}</source>
        <translation>Zeit {0} von {1}</translation>
    </message>
</context>
<context>
    <name>Viewer</name>
    <message>
        <source>Picture</source>
        <translation>Bild</translation>
    </message>
    <message>
        <source>Click to set the focus at the playhead. Shift-click: without easing. Alt-click: only look. Tab goes through the things in the picture, Return focuses.</source>
        <translation>Klicken setzt den Fokus am Abspielkopf. Umschalt-Klick: ohne Übergang. Alt-Klick: nur ansehen. Tab geht durch die Dinge im Bild, Eingabe stellt scharf.</translation>
    </message>
</context>
<context>
    <name>ViewerPanel</name>
    <message>
        <source>View</source>
        <translation>Ansicht</translation>
    </message>
    <message>
        <source>What is shown (keys 1 to 8; D for disparity over the picture, P for peaking)</source>
        <translation>Was gezeigt wird (Tasten 1 bis 8; D: Disparität über dem Bild, P: Peaking)</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Disparity, false colour</source>
        <translation>Disparität, Falschfarben</translation>
    </message>
    <message>
        <source>Defocus map</source>
        <translation>Defokuskarte</translation>
    </message>
    <message>
        <source>Disparity over the picture</source>
        <translation>Disparität über dem Bild</translation>
    </message>
    <message>
        <source>Disparity, grey</source>
        <translation>Disparität, grau</translation>
    </message>
    <message>
        <source>Sharp zone</source>
        <translation>Schärfezone</translation>
    </message>
    <message>
        <source>Focus peaking</source>
        <translation>Fokus-Peaking</translation>
    </message>
    <message>
        <source>Amber: what stays sharp in the export (circle of confusion up to half a pixel)</source>
        <translation>Bernstein: was im Export scharf bleibt (Zerstreuungskreis bis ein halbes Pixel)</translation>
    </message>
    <message>
        <source>Amber: edges of the result that are as sharp as in the source</source>
        <translation>Bernstein: Kanten des Ergebnisses, die so scharf sind wie in der Quelle</translation>
    </message>
    <message>
        <source>Orange: blurred in front of the focal plane; blue: behind it</source>
        <translation>Orange: unscharf vor der Schärfeebene; Blau: dahinter</translation>
    </message>
    <message>
        <source>Bright: near; dark: far</source>
        <translation>Hell: nah; dunkel: fern</translation>
    </message>
    <message>
        <source>White: near; black: far</source>
        <translation>Weiß: nah; Schwarz: fern</translation>
    </message>
    <message>
        <source>Split view</source>
        <translation>Geteilte Ansicht</translation>
    </message>
    <message>
        <source>Split the picture: what is on the left of the divider (Shift+W)</source>
        <translation>Bild teilen: was links vom Teiler liegt (Umschalt+W)</translation>
    </message>
    <message>
        <source>No split</source>
        <translation>Ungeteilt</translation>
    </message>
    <message>
        <source>Split: source</source>
        <translation>Geteilt: Quelle</translation>
    </message>
    <message>
        <source>Split: before repair</source>
        <translation>Geteilt: vor Korrektur</translation>
    </message>
    <message>
        <source>Hold to compare with the source (hold W)</source>
        <translation>Halten, um mit der Quelle zu vergleichen (W halten)</translation>
    </message>
    <message>
        <source>Hold to compare with the source</source>
        <translation>Halten, um mit der Quelle zu vergleichen</translation>
    </message>
    <message>
        <source>Under the mouse</source>
        <translation>Unter der Maus</translation>
    </message>
    <message>
        <source>Under the mouse: disparity (1 is near) and radius of the circle of confusion, in pixels of the export</source>
        <translation>Unter der Maus: Disparität (1 ist nah) und Radius des Zerstreuungskreises, in Pixeln des Exports</translation>
    </message>
    <message>
        <source>What is on screen</source>
        <translation>Was zu sehen ist</translation>
    </message>
    <message>
        <source>Zoom</source>
        <translation>Zoom</translation>
    </message>
    <message>
        <source>{view}, before repair</source>
        <translation>{view}, vor Korrektur</translation>
    </message>
    <message>
        <source>Reading the clip…</source>
        <translation>Der Clip wird gelesen…</translation>
    </message>
    <message>
        <source>{kind} {lines}p</source>
        <translation>{kind} {lines}p</translation>
    </message>
    <message>
        <source>Draft</source>
        <translation>Entwurf</translation>
    </message>
    <message>
        <source>Final</source>
        <translation>Endgültig</translation>
    </message>
    <message>
        <source>{ms:.0f} ms</source>
        <translation>{ms:.0f} ms</translation>
    </message>
    <message>
        <source>Rendering… frame {number} is still shown</source>
        <translation>Wird gerendert… noch ist Bild {number} zu sehen</translation>
    </message>
    <message>
        <source>Rendering…</source>
        <translation>Wird gerendert…</translation>
    </message>
    <message>
        <source>No depth yet: the source is shown</source>
        <translation>Noch keine Tiefe: die Quelle wird gezeigt</translation>
    </message>
    <message>
        <source>Depth is not final</source>
        <translation>Tiefe ist nicht endgültig</translation>
    </message>
    <message>
        <source>{shown:.0f} of {asked:.0f} frames/s</source>
        <translation>{shown:.0f} von {asked:.0f} Bildern/s</translation>
    </message>
    <message>
        <source>Fit {percent}</source>
        <translation>Passend {percent}</translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>RECENT</source>
        <translation>ZULETZT</translation>
    </message>
    <message>
        <source>Drop a clip or a project here</source>
        <translation>Clip oder Projekt hierher ziehen</translation>
    </message>
    <message>
        <source>Open clip…</source>
        <translation>Clip öffnen…</translation>
    </message>
    <message>
        <source>Try the sample clip</source>
        <translation>Beispielclip ausprobieren</translation>
    </message>
    <message>
        <source>Click what should be sharp</source>
        <translation>Anklicken, was scharf sein soll</translation>
    </message>
    <message>
        <source>A key is set where the playhead is.</source>
        <translation>Am Abspielkopf entsteht ein Keyframe.</translation>
    </message>
    <message>
        <source>Move on, click again</source>
        <translation>Weitergehen, wieder klicken</translation>
    </message>
    <message>
        <source>Focus eases from key to key.</source>
        <translation>Der Fokus geht weich von Keyframe zu Keyframe.</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>An MP4 with the sound it had.</source>
        <translation>Ein MP4 mit dem Ton, den er hatte.</translation>
    </message>
    <message>
        <source>Depth models</source>
        <translation>Tiefenmodelle</translation>
    </message>
    <message>
        <source>Preferences</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
</context>
</TS>
