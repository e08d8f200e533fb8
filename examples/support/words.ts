/** Frequent words of some languages. */
export const words: Readonly<Record<string, string>> = {
  english: `the and that have with this from they would there what about which when make like time just know
    people into year your good some could them other than then look only come over think also back after work
    first well even want because these give most thing through where should world school still between never
    under life house right while night might great something thought water white children though feet mile
    away enough together watch follow across answer morning listen wind question happen complete ship half
    whole story money young strong friend weather breakfast knowledge neighbour strength length truth health
    wealth growth earth birth teeth thousand daughter bright light flight slightly weekly monthly yearly`,
  german: `und der die das nicht sich auch werden haben wird noch einen einer eine dann wenn aber oder nach
    schon wieder immer jetzt zwischen durch gegen ohne mein dein unser euer gehen machen sagen geben kommen
    müssen wollen sollen können dürfen stehen lassen sehen finden bleiben liegen heißen denken nehmen glauben
    halten nennen zeigen führen sprechen bringen leben fahren meinen fragen kennen gelten stellen spielen
    arbeiten brauchen folgen lernen bestehen verstehen setzen bekommen beginnen erzählen versuchen schreiben
    laufen erklären entsprechen sitzen ziehen scheinen fallen gehören entstehen erhalten treffen suchen legen
    handeln erreichen tragen schaffen lesen verlieren darstellen erkennen entwickeln zeitung wohnung rechnung`,
  french: `que les des une est pour dans qui sur pas plus par avec tout faire son mettre autre leur même très
    aussi bien sans après avant toujours jamais quelque chose beaucoup pourquoi parce quand comment voir
    savoir pouvoir vouloir devoir falloir venir prendre croire aimer donner parler trouver passer demander
    rester répondre entendre penser arriver connaître devenir sentir sembler tenir comprendre rendre attendre
    sortir vivre entrer porter chercher revenir appeler mourir partir jeter suivre écrire montrer tomber
    ouvrir arrêter perdre commencer paraître marcher lever permettre asseoir poser reprendre raconter quitter
    maison homme femme jour nuit temps monde vie main année heure chambre enfant père mère coeur château eau`,
  italian: `che non per una sono con del della come più anche tutto questo quello nella alla dalle essere avere
    fare dire potere volere sapere stare dovere vedere andare venire dare parlare trovare sentire lasciare
    prendere guardare mettere pensare passare credere portare tornare sembrare tenere capire morire chiamare
    conoscere rimanere chiedere cercare entrare vivere aprire uscire ricordare bisognare cominciare rispondere
    aspettare riuscire chiudere scrivere diventare decidere scegliere raccontare giorno uomo donna casa tempo
    mondo vita mano occhio anno ora bambino padre madre amico città strada notte parola gente acqua ragazzo
    ragazza signore lavoro piccolo grande bello nuovo vecchio proprio quanto quale sempre ancora mentre dopo`,
  spanish: `que los las una del por con para como más pero sus este entre cuando muy sin sobre también hasta
    hay donde quien desde todo nos durante todos uno les contra otros ese eso ante ellos esto antes algunos
    hacer poder decir ver dar saber querer llegar pasar deber poner parecer quedar creer hablar llevar dejar
    seguir encontrar llamar venir pensar salir volver tomar conocer vivir sentir tratar mirar contar empezar
    esperar buscar existir entrar trabajar escribir perder producir ocurrir entender pedir recibir recordar
    terminar permitir aparecer conseguir comenzar servir sacar necesitar mantener resultar leer caer cambiar
    hombre mujer día noche tiempo mundo vida mano año hora niño padre madre amigo ciudad calle palabra agua`,
}
