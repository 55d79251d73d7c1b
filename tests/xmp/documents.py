"""XMP sidecars as other programs write them, in their own ways."""

LIGHTROOM = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0-c000">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating='4'
   crs:Exposure2012="+0.35">
   <dc:subject>
    <rdf:Bag>
     <rdf:li>Grandmother</rdf:li>
     <rdf:li>Cat</rdf:li>
    </rdf:Bag>
   </dc:subject>
   <lr:hierarchicalSubject>
    <rdf:Bag>
     <rdf:li>People|Grandmother</rdf:li>
    </rdf:Bag>
   </lr:hierarchicalSubject>
   <dc:description>
    <rdf:Alt>
     <rdf:li xml:lang="x-default">Her 80th birthday, 5 &gt; 4</rdf:li>
    </rdf:Alt>
   </dc:description>
   <!-- a comment stays -->
   <crs:ToneCurve><rdf:Seq><rdf:li>0, 0</rdf:li></rdf:Seq></crs:ToneCurve>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()

DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>\r
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">\r
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\r
  <rdf:Description rdf:about=""\r
    xmlns:darktable="http://darktable.sf.net/"\r
   darktable:xmp_version="5"\r
   darktable:raw_params="0">\r
   <darktable:history><rdf:Seq/></darktable:history>\r
  </rdf:Description>\r
 </rdf:RDF>\r
</x:xmpmeta>\r
"""

# Another prefix, a default namespace, empty properties, a text as an attribute.
ODD = b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
><r:Description r:about="uuid:1" xmlns="http://purl.org/dc/elements/1.1/"
 xmlns:d="http://purl.org/dc/elements/1.1/" d:description=""
><subject><r:Bag/></subject><title/></r:Description></r:RDF>"""

DESCRIBED_BRIEFLY = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
 dc:description="Mine"/></rdf:RDF></x:xmpmeta>"""

NOTHING = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"
><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/></x:xmpmeta>"""
