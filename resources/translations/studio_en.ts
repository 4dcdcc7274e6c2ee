<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US">
<context>
    <name>KeyController</name>
    <message numerus="yes">
        <source>%n key(s) copied</source>
        <translation>
            <numerusform>%n key copied</numerusform>
            <numerusform>%n keys copied</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>StoragePage</name>
    <message numerus="yes">
        <source>%n file(s) could not be deleted from {folder}.</source>
        <translation>
            <numerusform>%n file could not be deleted from {folder}.</numerusform>
            <numerusform>%n files could not be deleted from {folder}.</numerusform>
        </translation>
    </message>
</context>
</TS>
